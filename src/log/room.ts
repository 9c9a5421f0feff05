/** More callers than this waiting for room means that the disk has stalled: refuse instead of hoarding. */
export const MAX_WAITING_FOR_ROOM = 10_000;

interface Waiter {
  readonly need: number;
  readonly run: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Bounds how many bytes are in use, and lets those that do not fit wait in order. One taker always fits when nothing is
 * in use, so that a small bound cannot block for ever.
 */
export class Room {
  readonly #maxBytes: number;
  readonly #waiters: Waiter[] = [];
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get used(): number {
    return this.#used;
  }

  get isAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#maxBytes;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  /** Gives back `bytes` and runs, in order, those waiting that fit now. */
  free(bytes: number): void {
    this.#used -= bytes;
    for (let next = this.#waiters[0]; next && this.fits(next.need); next = this.#waiters[0]) {
      this.#waiters.shift();
      next.run();
    }
  }

  /** Runs `taker` in the tick in which `need` bytes fit: at once when nobody waits before. `refuse` makes the error when too many wait. */
  async whenFits<Value>(need: number, taker: () => Value, refuse: () => Error): Promise<Value> {
    if (!this.isAwaited && this.fits(need)) return taker();
    if (this.#waiters.length >= MAX_WAITING_FOR_ROOM) throw refuse();
    return new Promise<Value>((resolve, reject) => {
      const run = () => {
        try {
          resolve(taker());
        } catch (error) {
          reject(error);
        }
      };
      this.#waiters.push({ need, run, reject });
    });
  }

  /** Ends all waiting. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}
