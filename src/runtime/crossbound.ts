import type { CloseReport } from './close-report.ts';
import type { CrossboundHealth } from './health.ts';
import type { TransactionOptions, WorkOptions } from './options.ts';
import type { Outcome } from './recent-outcomes.ts';
import type { TransactionCounts } from './statistics.ts';
import type { Transaction, TransactionScope } from './transaction.ts';

/** What is known of a transaction. `active`: not decided; `unknown`: never heard of, or too long ago to be remembered. */
export type TransactionOutcome = Outcome | 'active' | 'unknown';

/** One prepared branch without an outcome. */
export interface InDoubtBranch {
  readonly transaction: string;
  readonly participant: string;
}

/** What a manager is doing, and has done since it was created. A plain object, for JSON. */
export interface CrossboundStats extends TransactionCounts {
  /** Transactions between `begin` and the last acknowledgement. */
  readonly active: number;
  /** Calls of `begin` that wait for a place. */
  readonly queued: number;
  /** Transactions that recovery is finishing: of earlier incarnations, and such as periodic recovery has found. */
  readonly recovering: number;
  /** Transactions whose clients were told `IN_DOUBT`, and whose outcome is still not known here. */
  readonly inDoubt: number;
}

/** A running transaction manager. Made by `createCrossbound`. */
export interface Crossbound extends AsyncDisposable {
  /**
   * Runs `work` in a transaction: commits when it returns, rolls back when it throws.
   *
   * Crash guarantee: once this has resolved the transaction is committed in every participant or will be; if the process
   * dies before, it is committed in all or in none.
   *
   * With `options.idempotencyKey` the work is done once: whoever comes with the same key after the commit gets what the
   * first call returned, and `work` is not called, also after a crash, since the key and the result are in the commit record. Who comes
   * while another call with the key is under way waits for it, at most as long as the transaction's own time-out. A roll-back frees the key.
   * What `work` returns must come back from JSON as it is (or be `undefined`), within `limits.idempotentResultBytes`, and `work` must enlist at
   * least one participant. Of more than `limits.idempotencyKeys` the oldest are forgotten: the same key then runs the work again.
   *
   * @returns what `work` returned.
   * @throws what `work` threw, as it is, after the roll-back.
   * @throws TransactionAbortedError - rolled back everywhere for another reason; `kind` tells whether another attempt may help.
   * @throws InDoubtError - the outcome is not known here; recovery decides it.
   * @throws CrossboundError `OVERLOADED` and `IDEMPOTENCY_KEY_BUSY` (nothing was begun), `CLOSED`, `LOG_FAILED`.
   */
  transaction<Value>(work: (tx: TransactionScope) => Promise<Value> | Value, options?: WorkOptions): Promise<Value>;
  /**
   * Begins a transaction that the caller ends. Where `limits.maxActive` are under way it waits for one to end, first come, first
   * served, as long as the transaction's own time-out; then, or when the queue is full, it rejects with `OVERLOADED`.
   */
  begin(options?: TransactionOptions): Promise<Transaction>;
  /**
   * What became of a transaction, also of an earlier incarnation: ask it after an `InDoubtError`. Outcomes are kept for the
   * last `limits.recentOutcomes` transactions. Spec: AskOutcome.
   */
  outcome(transaction: string): TransactionOutcome;
  /** Asks every participant which branches are prepared and have no outcome at this moment; those of running transactions are among them. */
  inDoubt(): Promise<readonly InDoubtBranch[]>;
  /** Resolves when all that earlier incarnations left undone is finished; rejects with `RECOVERY_PENDING` after `timeouts.recoveryMs`, and recovery goes on. */
  readonly recovered: Promise<void>;
  /** How the participants and the log are at this moment, as far as this manager knows; asks nobody. For a readiness probe: `status` is not `unhealthy`. */
  health(): CrossboundHealth;
  /** Counters, for a look from outside. */
  stats(): CrossboundStats;
  /**
   * Takes no more transactions, waits for those under way, rolls back the ones that are not decided then, and closes the participants and the log: all
   * of it within `timeouts.closeMs`, also where a participant hangs. What is not finished is handed over to the next start.
   *
   * @returns what was handed over.
   * @throws CloseError - something did not close; `errors` says what, and `handedOver` is the same. What was decided is safe nevertheless.
   */
  close(): Promise<CloseReport>;
}
