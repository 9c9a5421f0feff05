import type { Environment } from '../protocol/environment.ts';

/** What a participant is given when the transaction manager opens it. */
export interface ParticipantContext {
  /** The manager's name: a participant shows it in the identifiers of its branches and touches no other manager's. */
  readonly coordinator: string;
  readonly environment: Environment;
}

/** What a participant is told about one branch when it is enlisted. */
export interface EnlistOptions {
  /** Upper bound for any single wait inside the participant, such as a lock, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborts when the transaction ends without a commit: work still under way should stop. */
  readonly signal: AbortSignal;
}

/**
 * One store that can take part in two-phase commit. Implement this to bring a store of your own; the statechart
 * `participant` drives it, one branch for each transaction.
 *
 * Guarantees an implementation gives (numbered, because the conformance tests cite them):
 *
 * 1. After `prepare` resolves, the branch survives any crash of either side, and can still go both ways.
 * 2. After `prepare` rejects with {@link PrepareRefusedError} nothing of the branch remains. Any other rejection means
 *    *unknown*: the manager asks {@link Participant.inDoubt} before it concludes anything.
 * 3. `commit` and `rollback` are idempotent; for an unknown transaction both resolve. `commit` is durable when it resolves. A
 *    rolled-back branch may be prepared again after a crash: it is then in doubt, and is rolled back again.
 * 4. `inDoubt` names every prepared branch of this coordinator without an outcome, and only those.
 * 5. Work that was not prepared disappears in a crash.
 *
 * @typeParam Handle - what user code works with inside a transaction: a SQL client, a key-value view.
 */
export interface Participant<Handle = unknown> {
  /** Unique among the participants of one manager; letters, digits, `_`, `.` and `-`, at most 48 characters. */
  readonly name: string;
  /**
   * Called once before any other method. Rejects with a message that says what the operator should change,
   * having released what it took: `close` follows only on an `open` that resolved.
   */
  open(context: ParticipantContext): Promise<void>;
  /** Starts a branch and returns the handle for its work. Rejects when this participant could never prepare it. */
  enlist(transaction: string, options: EnlistOptions): Promise<Handle>;
  /** First phase. Resolves (*yes*) only when the branch is durable. */
  prepare(transaction: string): Promise<void>;
  /** Second phase. Resolves only when the commit is durable. */
  commit(transaction: string): Promise<void>;
  /** Rolls back the branch, prepared or not. */
  rollback(transaction: string): Promise<void>;
  /** The prepared branches of this coordinator that have no outcome yet. */
  inDoubt(): Promise<readonly string[]>;
  /**
   * Resolves as soon as it can be seen that the store can be worked with, and rejects where it cannot; asked regularly (`heartbeat`).
   * Where it is left out, {@link Participant.inDoubt} is asked instead.
   */
  ping?(): Promise<unknown>;
  /** Releases connections and files. Prepared branches stay prepared. */
  close(): Promise<void>;
}
