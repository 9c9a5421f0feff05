import type { Outcome } from './recent-outcomes.ts';

/** A transaction that a manager did not finish before it closed, and that the next start over the same directory finishes. */
export interface HandedOver {
  readonly transaction: string;
  /** `unknown`: its record may or may not have reached the decision log, which tells. */
  readonly outcome: Outcome | 'unknown';
  /** Who has not done its part. */
  readonly participants: readonly string[];
}

/** What was left when a manager closed. */
export interface CloseReport {
  readonly handedOver: readonly HandedOver[];
}

/** The log or a participant did not close, or not in time. What was decided is safe nevertheless. */
export class CloseError extends AggregateError implements CloseReport {
  override readonly name = 'CloseError';
  readonly code = 'CLOSE_FAILED';
  readonly handedOver: readonly HandedOver[];

  constructor(errors: readonly Error[], message: string, handedOver: readonly HandedOver[]) {
    super(errors, message);
    this.handedOver = handedOver;
  }
}
