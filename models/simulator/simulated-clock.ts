/** The start of virtual time on a clock that tells the truth: 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000;

/** The clock of one machine. It may be wrong, jump, and run at another speed than time does. */
export class SimulatedClock {
  #offsetMs = 0;
  #rate = 1;

  /** What the machine takes for the time of day when it is `nowMs` in truth. */
  read(nowMs: number): number {
    return Math.floor(EPOCH_MS + this.#offsetMs + nowMs * this.#rate);
  }

  /** How long a timer of `delayMs` really takes: a slow clock lets it fire late. */
  duration(delayMs: number): number {
    return delayMs / this.#rate;
  }

  /** The time of day jumps, by a correction or a mistake; timers do not. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Runs `rate` times as fast as time from now on. */
  drift(rate: number, nowMs: number): void {
    this.#offsetMs += nowMs * (this.#rate - rate);
    this.#rate = rate;
  }
}
