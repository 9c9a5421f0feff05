import type { TransactionAbortedError } from '../protocol/errors.ts';
import { DurationHistogram, type Percentiles } from './node-histogram.ts';
import { type RollbackCause, rollbackCause } from './rollback-cause.ts';

/**
 * The parts of a commit: `prepare`, from the call of `commit` until everyone has voted; `decision`, until its record is durable;
 * `completion`, until every participant has done its part; and `commit`, all of it.
 */
export type CommitPhase = 'prepare' | 'decision' | 'completion' | 'commit';

/** What is counted about transactions, in bounded memory. */
export interface TransactionCounts {
  /** Transactions whose clients were told so. */
  readonly committed: number;
  readonly aborted: number;
  /** The `aborted` by cause. */
  readonly rollbacks: Readonly<Record<RollbackCause, number>>;
  /** Transactions that were given up here and left to recovery: some participant had not carried out what was decided. */
  readonly abandoned: number;
  /** How long commits took, by phase, in milliseconds; of those that every participant has carried out. */
  readonly latencyMs: Readonly<Record<CommitPhase, Percentiles>>;
}

/** Counts since the manager was created. */
export class Statistics {
  #committed = 0;
  #abandoned = 0;
  readonly #rollbacks: Record<RollbackCause, number> = { timeout: 0, resource: 0, application: 0, system: 0 };
  readonly #latencies: Readonly<Record<CommitPhase, DurationHistogram>> = {
    prepare: new DurationHistogram(),
    decision: new DurationHistogram(),
    completion: new DurationHistogram(),
    commit: new DurationHistogram(),
  };

  committed(): void {
    this.#committed += 1;
  }

  rolledBack(reason: TransactionAbortedError): void {
    this.#rollbacks[rollbackCause(reason)] += 1;
  }

  abandoned(count = 1): void {
    this.#abandoned += count;
  }

  took(phase: CommitPhase, durationMs: number): void {
    this.#latencies[phase].record(durationMs);
  }

  counts(): TransactionCounts {
    const rollbacks = { ...this.#rollbacks };
    const { timeout, resource, application, system } = rollbacks;
    const { prepare, decision, completion, commit } = this.#latencies;
    return {
      committed: this.#committed,
      aborted: timeout + resource + application + system,
      rollbacks,
      abandoned: this.#abandoned,
      latencyMs: {
        prepare: prepare.percentiles(),
        decision: decision.percentiles(),
        completion: completion.percentiles(),
        commit: commit.percentiles(),
      },
    };
  }
}
