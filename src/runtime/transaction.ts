import type { Participant } from './participant.ts';

/** What the function given to `Crossbound.transaction` works with. The end is the manager's: return to commit, throw to roll back. */
export interface TransactionScope {
  /** Names the transaction for ever: never used again, also not after a restart. */
  readonly id: string;
  /** Aborts when the transaction ends without a commit; its reason is the error that says why. */
  readonly signal: AbortSignal;
  /**
   * Takes a participant in and returns the handle for the work there. A second call for the same one returns the same handle.
   *
   * When the participant fails here the whole transaction is rolled back, and this and everything later rejects with
   * the same error. Spec: a failure is AbortUnilaterally.
   *
   * @param participant - one of those in the configuration: the object, or, where it is not at hand, its name.
   * @throws TransactionAbortedError `PARTICIPANT_FAILED`, naming the participant, with its error as `cause`; `PARTICIPANT_UNAVAILABLE`, where it is
   * known not to be there (see `whenDown`), and was not asked.
   */
  enlist<Handle>(participant: Participant<Handle>): Promise<Handle>;
  /** The same by name, for participants that are known only at run time. */
  enlist(participant: string): Promise<unknown>;
  /**
   * Takes in a participant that the configuration declares optional (`whenDown`), if it is there. Otherwise, or where it cannot be enlisted, resolves
   * with `undefined`: the transaction goes on without it, which `health` counts. Once it is taken in it is as needed as any other.
   *
   * @throws InvalidInputError where the participant is not declared optional.
   */
  enlistOptional<Handle>(participant: Participant<Handle>): Promise<Handle | undefined>;
  /** The same by name, for participants that are known only at run time. */
  enlistOptional(participant: string): Promise<unknown>;
}

/** One transaction across several participants. Commit it, or it is rolled back: by hand, by a time-out, or by `await using`. */
export interface Transaction extends TransactionScope, AsyncDisposable {
  /**
   * Commits in every participant or in none. Resolves when the decision is durable and every participant shows its part, or
   * `timeouts.settleMs` after the decision: one that is slow or down follows by itself, see {@link Transaction.finished}.
   *
   * Crash guarantee: once this has resolved the transaction is committed, whatever crashes. Spec: RequestCommit.
   *
   * @throws TransactionAbortedError - it was rolled back everywhere; `code` and `cause` say why.
   * @throws InDoubtError - the decision could not be made durable in time, or at all; recovery decides.
   */
  commit(): Promise<void>;
  /**
   * Rolls back in every participant. Resolves when they have done so, or after `timeouts.settleMs`, when one of them is
   * slow; it then follows by itself. Does nothing where the transaction has been rolled back before. Spec: RequestRollback.
   */
  rollback(reason?: unknown): Promise<void>;
  /**
   * Resolves when every participant has done its part; rejects with `InDoubtError` when the manager closes before, and with the code
   * `ABANDONED` where it is rolled back and a participant has not carried that out within `timeouts.abandonMs`.
   */
  readonly finished: Promise<void>;
}
