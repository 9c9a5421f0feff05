import type { z } from 'zod';
import { CrossboundError, InvalidInputError, LogPoisonedError, PrepareRefusedError } from '../../protocol/errors.ts';
import { CoordinatorName, ParticipantName, TransactionId } from '../../protocol/identifiers.ts';
import type { ParticipantRecord } from '../../protocol/log-record.ts';
import type { EnlistOptions, Participant, ParticipantContext } from '../../runtime/participant.ts';
import { KeyLocks } from './key-locks.ts';
import { type KeyValueHandle, KeyValueView, type Writes } from './key-value-view.ts';
import { applyWrites, type JournalState, type PreparedBranch, preparedRecord } from './recover-journal.ts';

/** Branches that are not ended. A coordinator runs far fewer; past this, something does not end them. */
export const MAX_BRANCHES = 10_000;

/** Where a key-value participant keeps the records of its branches. */
export interface BranchLog {
  /**
   * Resolves when the record has its place, or, forced, when it is durable. A rejection with `LogPoisonedError` means *unknown*;
   * any other means that nothing was appended.
   */
  append(record: ParticipantRecord, options: { forced: boolean }): Promise<void>;
  /** Why the log takes no more records. */
  readonly failure: LogPoisonedError | undefined;
  close(): Promise<void>;
}

/** What {@link KeyValueParticipant} starts from. */
export interface OpenedStore extends JournalState {
  readonly log: BranchLog;
}

/** working -> preparing -> prepared -> gone, as the participant of TwoPhaseCommit.tla; `ending` while an outcome is being recorded. */
interface Branch extends PreparedBranch {
  readonly state: 'working' | 'preparing' | 'prepared';
  readonly view: KeyValueView | undefined;
  readonly vote: Promise<void> | undefined;
  readonly ending: { readonly outcome: 'Committed' | 'Aborted'; readonly done: Promise<void> } | undefined;
}

interface Store extends OpenedStore {
  readonly coordinator: string;
  readonly locks: KeyLocks;
}

/** A key-value store that takes part in two-phase commit; what makes it durable, or not, is its {@link BranchLog}. */
export abstract class KeyValueParticipant implements Participant<KeyValueHandle> {
  readonly name: string;
  readonly #branches = new Map<string, Branch>();
  #store: Store | undefined;
  #wasOpened = false;

  constructor(name: string) {
    this.name = parsed(ParticipantName, name, 'name of a participant');
  }

  protected abstract openStore(context: ParticipantContext): Promise<OpenedStore>;

  async open(context: ParticipantContext): Promise<void> {
    if (this.#wasOpened) throw new CrossboundError('ALREADY_OPEN', 'terminal', `${this.name} was opened before: make a new one.`);
    this.#wasOpened = true;
    // It goes into the records, which must be readable again.
    const coordinator = parsed(CoordinatorName, context.coordinator, 'name of a coordinator');
    const opened = await this.openStore(context).catch((error: unknown) => {
      // Nothing was taken, so it may be tried again.
      this.#wasOpened = false;
      throw error;
    });
    const locks = new KeyLocks(context.environment);
    for (const [transaction, branch] of opened.prepared) {
      for (const [key] of branch.writes) locks.retake(transaction, key);
      this.#branches.set(transaction, { ...branch, state: 'prepared', view: undefined, vote: undefined, ending: undefined });
    }
    this.#store = { ...opened, coordinator, locks };
  }

  async enlist(transaction: string, options: EnlistOptions): Promise<KeyValueHandle> {
    const { coordinator, committed, locks } = this.#usable();
    const tx = parsed(TransactionId, transaction, 'transaction identifier');
    if (this.#branches.has(tx)) throw new CrossboundError('ALREADY_ENLISTED', 'terminal', `${tx} has a branch in ${this.name} already.`);
    if (this.#branches.size >= MAX_BRANCHES) {
      throw new CrossboundError('TOO_MANY_BRANCHES', 'retryable', `${this.name} has ${MAX_BRANCHES} branches, its bound. Try again later.`);
    }
    const view = new KeyValueView(tx, committed, locks, options);
    this.#branches.set(tx, { coordinator, writes: [], state: 'working', view, vote: undefined, ending: undefined });
    return view;
  }

  async prepare(transaction: string): Promise<void> {
    const branch = this.#own(transaction);
    if (!branch || branch.ending) throw this.#refusal(transaction);
    if (branch.state === 'prepared') return;
    if (branch.vote !== undefined) return branch.vote;
    const writes = branch.view?.seal() ?? [];
    const vote = this.#vote(transaction, writes);
    this.#branches.set(transaction, { ...branch, writes, state: 'preparing', vote });
    return vote;
  }

  async commit(transaction: string): Promise<void> {
    const branch = this.#own(transaction);
    if (!branch) return;
    if (branch.state !== 'prepared') {
      throw new CrossboundError('NOT_PREPARED', 'terminal', `${transaction} cannot be committed in ${this.name}: it is not prepared.`);
    }
    await this.#end(transaction, branch, 'Committed');
  }

  async rollback(transaction: string): Promise<void> {
    const branch = this.#own(transaction);
    if (!branch) return;
    if (branch.state === 'working') this.#forget(transaction);
    else await this.#end(transaction, branch, 'Aborted');
  }

  async inDoubt(): Promise<readonly string[]> {
    this.#usable();
    const transactions = [...this.#branches.keys()];
    return transactions.filter((transaction) => {
      const branch = this.#own(transaction);
      return branch?.state === 'prepared' && !branch.ending;
    });
  }

  /** @throws LogPoisonedError where its journal takes no more records. */
  async ping(): Promise<void> {
    this.#usable();
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    if (!store) return;
    for (const branch of this.#branches.values()) branch.view?.seal();
    await store.log.close();
  }

  /** The committed state at this moment, without waiting for anyone: for reports and checks, not for a transaction. */
  committed(): ReadonlyMap<string, string> {
    return new Map(this.#opened().committed);
  }

  async #vote(transaction: string, writes: Writes): Promise<void> {
    const { coordinator, log } = this.#usable();
    try {
      // Guarantee 1: the vote is said only when the record that backs it is durable.
      await log.append(preparedRecord(transaction, { coordinator, writes }), { forced: true });
    } catch (error) {
      if (error instanceof LogPoisonedError) throw error;
      this.#forget(transaction);
      const kind = error instanceof CrossboundError && error.kind === 'retryable' ? 'retryable' : 'terminal';
      const why = error instanceof Error ? error.message : String(error);
      throw new PrepareRefusedError(`${this.name} cannot prepare ${transaction}: ${why}`, { cause: error, kind });
    }
    const branch = this.#own(transaction);
    if (!branch || branch.ending) throw this.#refusal(transaction);
    this.#branches.set(transaction, { ...branch, state: 'prepared' });
  }

  /** Records the outcome, once however often it is asked for, and then makes it visible. */
  async #end(transaction: string, branch: Branch, outcome: 'Committed' | 'Aborted'): Promise<void> {
    if (branch.ending && branch.ending.outcome !== outcome) {
      throw new CrossboundError(
        'OUTCOME_CONFLICT',
        'terminal',
        `${transaction} is being ended as ${branch.ending.outcome} in ${this.name}.`,
      );
    }
    const done = branch.ending?.done ?? this.#record(transaction, branch, outcome);
    if (!branch.ending) this.#branches.set(transaction, { ...branch, ending: { outcome, done } });
    await done;
  }

  async #record(transaction: string, branch: Branch, outcome: 'Committed' | 'Aborted'): Promise<void> {
    const { log, committed } = this.#usable();
    try {
      // A commit is acknowledged only when it is durable. An abort need not be: found prepared again, it is aborted again.
      await log.append({ type: outcome, tx: transaction }, { forced: outcome === 'Committed' });
    } catch (error) {
      this.#branches.set(transaction, branch);
      throw error;
    }
    if (outcome === 'Committed') applyWrites(committed, branch.writes);
    this.#forget(transaction);
  }

  #forget(transaction: string): void {
    this.#branches.get(transaction)?.view?.seal();
    this.#branches.delete(transaction);
    this.#store?.locks.release(transaction);
  }

  /** The branch, where it exists and is this coordinator's to decide. */
  #own(transaction: string): Branch | undefined {
    const { coordinator } = this.#opened();
    const branch = this.#branches.get(transaction);
    return branch?.coordinator === coordinator ? branch : undefined;
  }

  #opened(): Store {
    if (this.#store) return this.#store;
    throw new CrossboundError('NOT_OPEN', 'terminal', `${this.name} is not open: call open first, and nothing after close.`);
  }

  #usable(): Store {
    const store = this.#opened();
    if (store.log.failure) throw store.log.failure;
    return store;
  }

  #refusal(transaction: string): PrepareRefusedError {
    return new PrepareRefusedError(
      `${this.name} holds no branch of ${transaction}: it was rolled back, or lost in a restart. Try the transaction again.`,
      {
        kind: 'retryable',
      },
    );
  }
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, what: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidInputError(`The ${what} ${JSON.stringify(value)} ${result.error.issues[0]?.message}.`, { cause: result.error });
}
