import type { CoordinatorRecord, DecisionRecord } from '../protocol/log-record.ts';

/** The log as its new owner finds it. */
export interface OpenedDecisionLog {
  /** This owner's epoch: larger than any before it, and durable. */
  readonly epoch: number;
  /** Position of the last record, which is this owner's `Epoch`. */
  readonly head: number;
  /** All records; position is index plus one, so the last one is at `head`. */
  readonly records: readonly CoordinatorRecord[];
}

/** Sees the log move, for traces and statistics. Its methods must not throw, and are called in the order of the positions. */
export interface DecisionLogObserver {
  /** The record has its place in the log, in memory only (spec: the unflushed tail of the coordinator's log). */
  appended?(position: number, record: CoordinatorRecord): void;
  /** The first `position` records are durable (spec: FlushCoordinator). Called before any `append` that waited for it resolves. */
  flushed?(position: number): void;
}

/** The terms on which a record is appended. */
export interface AppendTerms {
  /** The epoch that {@link DecisionLog.open} gave. */
  readonly epoch: number;
  /** Compare-and-set: append only when this is the position of the last record. Left out: any head will do. */
  readonly expectedHead?: number;
  /**
   * Whether to wait until the record is durable (default), or only until it has its place: it then becomes durable with the
   * next forced record, or at `close`. For records that may be lost, such as `End`.
   */
  readonly forced?: boolean;
}

/**
 * Where a coordinator's decisions are kept: a file of its own, or a replicated log. One owner at a time.
 *
 * 1. An `append` that resolves (forced) is found by every later `open`, also after a crash of everything.
 * 2. Records keep their order: what `open` finds is a prefix of what was appended.
 * 3. `open` fences: once it resolves, no `append` under a lower epoch takes effect.
 * 4. An append that rejects with `FencedError`, or with the codes `LOG_FULL` or `LOG_OVERLOADED`, has left nothing behind
 *    and never will. Any other rejection means *unknown*: only a new `open` tells.
 */
export interface DecisionLog {
  /**
   * Takes ownership and reads the log. Rejects with `LockedError` while a live process owns it, and with
   * `LogCorruptError` when it cannot be trusted, and, before it has written anything, with the code
   * `LOG_OF_ANOTHER_COORDINATOR` when the first epoch has another owner: under another name the stores would not know what
   * was decided, and every commit that they have still to be told would be lost.
   *
   * @param owner - the coordinator's name, the same for ever: 1 to 200 characters.
   * @param mayBegin - asked once where the log has had no owner yet, while others are kept out and before the first epoch is
   * written. Where it rejects so does `open`, and the next `open` finds the log as new as this one did.
   * @param incarnation - 1 to 32 hexadecimal digits that are in the transactions of this owner, and kept in its `Epoch`.
   */
  open(owner: string, observer?: DecisionLogObserver, mayBegin?: () => Promise<void>, incarnation?: string): Promise<OpenedDecisionLog>;
  /** Appends one record and returns its position, the new head. */
  append(record: DecisionRecord, terms: AppendTerms): Promise<number>;
  /** Makes everything appended durable and gives up the ownership. */
  close(): Promise<void>;
}
