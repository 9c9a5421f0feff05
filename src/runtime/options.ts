import type { DecisionLog } from '../log/decision-log.ts';
import type { Environment } from '../protocol/environment.ts';
import type { TraceRecord } from '../protocol/recorded-run.ts';
import type { EffectPoint } from './effect-points.ts';
import type { Participant } from './participant.ts';

/** Every wait has an end. All in milliseconds. */
export interface Timeouts {
  /** From `begin` until everyone was asked to prepare; then the transaction is rolled back. Default 30,000. */
  readonly transactionMs: number;
  /** Passed to each participant as the bound for a single wait, such as a lock. Default 5,000. */
  readonly lockMs: number;
  /** For all votes; then the transaction is rolled back. Default 10,000. */
  readonly prepareMs: number;
  /** For the decision to become durable; then the client is told `IN_DOUBT`, and the decision goes on. Default 10,000. */
  readonly decisionMs: number;
  /** For one attempt to commit, roll back or ask a participant, before it counts as failed and is repeated. Default 15,000. */
  readonly attemptMs: number;
  /** How long the client, once the outcome is known, waits for every participant to show it; then it is told all the same. Default 5,000. */
  readonly settleMs: number;
  /** For the participants to open and say what is in doubt, at start. Default 30,000. */
  readonly openMs: number;
  /** For what earlier incarnations left in doubt to end; then `recovered` rejects, and recovery goes on. Default 60,000. */
  readonly recoveryMs: number;
  /** For every participant to carry out a roll-back; then the transaction gives up its place, and periodic recovery goes on. Default 60,000. */
  readonly abandonMs: number;
  /** For `close`, all in all: half for what is under way to end, a quarter to roll back what has not, and the rest to close. Default 20,000. */
  readonly closeMs: number;
}

/** Bounds on what is held in memory. */
export interface Limits {
  /** Transactions between `begin` and the last acknowledgement. Default 1,000. */
  readonly maxActive: number;
  /** Calls of `begin` that wait for one of them to end; more are refused with `OVERLOADED`. Default 10,000. */
  readonly maxQueued: number;
  /** Outcomes of finished transactions that `outcome` still knows. Default 100,000. */
  readonly recentOutcomes: number;
  /** Committed idempotency keys that are remembered, also over a restart; of more, the oldest commit goes first. Default 10,000. */
  readonly idempotencyKeys: number;
  /** What `work` returns under an idempotency key, as JSON in UTF-8, in bytes. Default 8,192. */
  readonly idempotentResultBytes: number;
}

/** How it is found out whether a participant is there. */
export interface HeartbeatOptions {
  /** From one answer to the next question, in milliseconds. After a call that failed the question is put at once. Default 5,000. */
  readonly intervalMs: number;
  /** For the answer, in milliseconds. Default 2,000. */
  readonly timeoutMs: number;
  /** Questions without an answer, one after the other, that make a participant suspected; one answer makes it trusted again. Default 2. */
  readonly misses: number;
}

/** Recovery while the manager runs, besides the one at start. */
export interface RecoveryOptions {
  /** From one look into each participant to the next, in milliseconds. Default 60,000. */
  readonly intervalMs: number;
}

/**
 * What becomes of transactions that want a participant which is not there (suspected, or not opened yet):
 *
 * - `refuse`: `enlist` fails at once, `PARTICIPANT_UNAVAILABLE`, and the transaction is rolled back. It must be there when the manager starts.
 * - `queue`: `enlist` waits until it is back, at most `queueMs` milliseconds (default 5,000), at most `maxQueued` transactions at a time (default 100);
 *   past either bound as `refuse`.
 * - `optional`: `enlistOptional` gives nothing and the transaction goes on without it; `enlist` is refused.
 */
export type DegradationPolicy =
  | { readonly policy: 'refuse' }
  | { readonly policy: 'queue'; readonly maxQueued: number; readonly queueMs: number }
  | { readonly policy: 'optional' };

/** A {@link DegradationPolicy}, by its name alone where the defaults will do. */
export type WhenDown =
  | DegradationPolicy['policy']
  | { readonly policy: 'refuse' | 'optional' }
  | { readonly policy: 'queue'; readonly maxQueued?: number | undefined; readonly queueMs?: number | undefined };

/** The configuration of a transaction manager. */
export interface CrossboundOptions {
  /**
   * Names this manager in every store: 1 to 48 letters, digits, `_`, `.` or `-`. Keep it for ever: under another name its
   * prepared branches would not be found again, so a log of another name is refused (`LOG_OF_ANOTHER_COORDINATOR`).
   */
  readonly name: string;
  /** Where the decision log is kept; created where missing. Give this or `log`. */
  readonly directory?: string | undefined;
  /** A decision log of your own. Give this or `directory`. */
  readonly log?: DecisionLog | undefined;
  /** The stores, each under a name of its own. */
  readonly participants: readonly Participant[];
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** How it is found out whether a participant is there; `false`: not at all, and none is ever suspected. */
  readonly heartbeat?: Partial<HeartbeatOptions> | false | undefined;
  /** How often participants are looked into for branches that nobody drives; `false`: at start only. */
  readonly recovery?: Partial<RecoveryOptions> | false | undefined;
  /** By a participant's name: what becomes of transactions that want it while it is not there. Default `refuse`. */
  readonly whenDown?: Readonly<Record<string, WhenDown>> | undefined;
  /** Whether `createCrossbound` waits until nothing of earlier incarnations is in doubt. Default false: see `recovered`. */
  readonly waitForRecovery?: boolean | undefined;
  /** Time, timers, randomness and files. Default: those of this process. */
  readonly environment?: Environment | undefined;
  /** Told each step before its effects happen, in the spec's names. Must return at once; what it throws is an uncaught exception. */
  readonly onTrace?: ((record: TraceRecord) => void) | undefined;
  /** Told each effect before and after; for tests that interrupt a run there. Must return at once; what it throws is an uncaught exception. */
  readonly onEffect?: ((point: EffectPoint) => void) | undefined;
}

/** Options of one transaction. */
export interface TransactionOptions {
  /** Instead of `timeouts.transactionMs`. */
  readonly timeoutMs?: number | undefined;
  /** Rolls the transaction back when it aborts, unless the decision has been made. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of work that is run in a transaction. */
export interface WorkOptions extends TransactionOptions {
  /**
   * Names the work, in 1 to 200 characters, so that it is done once however often it is asked for, also after a crash: see
   * `Crossbound.transaction`. Put into it all that makes the work what it is, such as the identifier of an order.
   */
  readonly idempotencyKey?: string | undefined;
}
