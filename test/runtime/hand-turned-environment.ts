import type { Environment, FileSystem } from '../../src/protocol/environment.ts';
import { FaultyFiles } from '../log/faulty-files.ts';

/**
 * Time passes only when nothing else can happen, and then to the next timer: a day of time-outs takes a millisecond, and the
 * same run happens every time. Files are in memory, and fail on demand.
 */
export class HandTurnedEnvironment implements Environment {
  files: FileSystem & FaultyFiles = new FaultyFiles();
  #nowMs = 1_000_000;
  #random = 0;
  readonly #timers = new Set<{ at: number; fire: () => void }>();

  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const timer = { at: this.#nowMs + delayMs, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  randomBytes(length: number): Uint8Array {
    this.#random += 1;
    return new Uint8Array(length).fill(this.#random);
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets time pass until `promise` settles. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (let turns = 0; turns < 10_000; turns += 1) {
      await this.settle();
      if (isSettled) return promise;
      if (!this.#turn()) throw new Error('nothing will ever happen: no timer is pending');
    }
    throw new Error('10,000 timers have fired, and it is not settled');
  }

  /** Lets `durationMs` pass. */
  async pass(durationMs: number): Promise<void> {
    const end = this.#nowMs + durationMs;
    await this.settle();
    while (this.#turn(end)) await this.settle();
    this.#nowMs = end;
  }

  #turn(until = Number.POSITIVE_INFINITY): boolean {
    const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
    if (!next || next.at > until) return false;
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.at);
    next.fire();
    return true;
  }
}
