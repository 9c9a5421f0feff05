import { ignore } from './deadline.ts';
import type { Surroundings } from './surroundings.ts';

/** Repeats a task in the background, one at a time, each `intervalMs` after the end of the one before, until the manager stops. */
export class Periodic {
  readonly #surroundings: Surroundings;
  readonly #intervalMs: number;
  readonly #task: () => Promise<void>;
  #state: 'idle' | 'waiting' | 'running' = 'idle';
  #cancel: () => void = ignore;

  /** @param task - one that rejects is repeated as any other. */
  constructor(surroundings: Surroundings, intervalMs: number, task: () => Promise<void>) {
    this.#surroundings = surroundings;
    this.#intervalMs = intervalMs;
    this.#task = task;
  }

  start(): void {
    if (this.#state !== 'idle' || this.#surroundings.stopped.aborted) return;
    this.#surroundings.onStop(() => this.#cancel());
    this.#waitFor(this.#intervalMs);
  }

  /** Does not wait for the rest of the interval, where that is longer than `delayMs`. */
  soon(delayMs: number): void {
    if (this.#state !== 'waiting' || delayMs >= this.#intervalMs) return;
    this.#cancel();
    this.#waitFor(delayMs);
  }

  #waitFor(delayMs: number): void {
    if (this.#surroundings.stopped.aborted) return;
    this.#state = 'waiting';
    this.#cancel = this.#surroundings.environment.setTimer(delayMs, () => this.#run(), true);
  }

  #run(): void {
    this.#state = 'running';
    this.#task()
      .catch(ignore)
      .finally(() => this.#waitFor(this.#intervalMs));
  }
}
