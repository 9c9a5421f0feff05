import type { Environment } from '../protocol/environment.ts';
import { CrossboundError } from '../protocol/errors.ts';
import { ignore } from './deadline.ts';
import type { FailureDetector } from './failure-detector.ts';
import type { DegradationPolicy } from './options.ts';
import { textOf } from './text-of.ts';

/** `up`: it answers; `suspected`: it has stopped to; `down`: it has not been opened yet. */
export type PresenceState = 'up' | 'suspected' | 'down';

/** Whether one participant is there, and what becomes of those who want it while it is not. */
export class Presence {
  readonly participant: string;
  readonly policy: DegradationPolicy;
  readonly #environment: Pick<Environment, 'now' | 'setTimer'>;
  readonly #detector: FailureDetector;
  readonly #waiting = new Set<() => void>();
  #tellUp: () => void = ignore;
  #state: PresenceState = 'down';
  #sinceMs: number;
  #lastError: string | undefined;
  #skipped = 0;

  constructor(
    participant: string,
    policy: DegradationPolicy,
    environment: Pick<Environment, 'now' | 'setTimer'>,
    detector: FailureDetector,
  ) {
    this.participant = participant;
    this.policy = policy;
    this.#environment = environment;
    this.#detector = detector;
    this.#sinceMs = environment.now();
  }

  get state(): PresenceState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Wall-clock time since which it is in its state, in milliseconds since the Unix epoch. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** What it failed with last, while it is not up or where a transaction went on without it. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** How many transactions wait for it. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** How many transactions went on without it. */
  get skipped(): number {
    return this.#skipped;
  }

  /** It is open, and what was in doubt in it is being finished. */
  opened(): void {
    this.#detector.answered();
    this.#become('up');
  }

  /** Calls `tell` each time that it has come back. */
  onUp(tell: () => void): void {
    this.#tellUp = tell;
  }

  /** It has answered. */
  answered(): void {
    this.#detector.answered();
    if (this.#state === 'suspected') this.#become('up');
  }

  /** It has not answered in time, or with an error. */
  missed(error: unknown): void {
    this.#detector.missed();
    this.#lastError = textOf(error);
    if (this.#state === 'up' && this.#detector.isSuspected) this.#become('suspected');
  }

  /** A transaction goes on without it. */
  skip(error?: unknown): void {
    this.#skipped += 1;
    if (error !== undefined) this.#lastError = textOf(error);
  }

  /**
   * Resolves when it is up, if its policy is to wait for that. Called only while it is not.
   *
   * @throws CrossboundError `PARTICIPANT_UNAVAILABLE`, at once where its policy is another one or too many wait, or after the time to wait.
   */
  async whenUp(signal: AbortSignal): Promise<void> {
    const { policy } = this;
    if (policy.policy !== 'queue') throw this.#unavailable('');
    if (this.#waiting.size >= policy.maxQueued) {
      throw this.#unavailable(`, and ${policy.maxQueued} transactions wait for it (whenDown.${this.participant}.maxQueued)`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = () => reject(this.#unavailable(`, and was not back within ${policy.queueMs} ms (whenDown.${this.participant}.queueMs)`));
    const cancel = this.#environment.setTimer(policy.queueMs, late);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      this.#waiting.delete(resolve);
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #become(state: PresenceState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sinceMs = this.#environment.now();
    if (state !== 'up') return;
    this.#lastError = undefined;
    for (const admit of this.#waiting) admit();
    this.#tellUp();
  }

  #unavailable(more: string): CrossboundError {
    const what = this.#state === 'down' ? 'has not been there since the start' : 'does not answer';
    const why = this.#lastError === undefined ? '' : ` Last error: ${this.#lastError}`;
    return new CrossboundError('PARTICIPANT_UNAVAILABLE', 'retryable', `the participant "${this.participant}" ${what}${more}.${why}`);
  }
}
