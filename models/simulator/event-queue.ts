interface QueuedEvent {
  readonly atMs: number;
  readonly order: number;
  /** Absent once it has run or was cancelled. */
  run: (() => void) | undefined;
}

/** Below this many entries it does not pay to clear out the cancelled ones. */
const MIN_COMPACTED = 64;

/**
 * Virtual time: it stands still while anything happens, and then jumps to the next event. Events of one moment happen in the
 * order in which they were scheduled. All that an event sets off in promises happens before the next one.
 */
export class EventQueue {
  /** A binary heap. */
  #heap: QueuedEvent[] = [];
  #cancelled = 0;
  #order = 0;
  #executed = 0;
  #nowMs = 0;

  /** Virtual milliseconds since the beginning. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have happened. */
  get executed(): number {
    return this.#executed;
  }

  /** Runs `run` after `delayMs`, unless the returned function is called first. */
  schedule(delayMs: number, run: () => void): () => void {
    this.#order += 1;
    const event: QueuedEvent = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, run };
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return () => {
      if (event.run === undefined) return;
      event.run = undefined;
      this.#cancelled += 1;
      if (this.#cancelled > MIN_COMPACTED && this.#cancelled * 2 > this.#heap.length) this.#compact();
    };
  }

  /** Lets time pass until `isDone`, which it tells, or until `untilMs` or until nothing would ever happen again. */
  async runUntil(isDone: () => boolean, untilMs: number): Promise<boolean> {
    for (;;) {
      await microtasks();
      if (isDone()) return true;
      const next = this.#next(untilMs);
      if (next === undefined) return false;
      this.#executed += 1;
      next();
    }
  }

  #next(untilMs: number): (() => void) | undefined {
    for (let event = this.#heap[0]; event !== undefined && event.atMs <= untilMs; event = this.#heap[0]) {
      this.#removeFirst();
      const { run } = event;
      if (run === undefined) {
        this.#cancelled -= 1;
        continue;
      }
      event.run = undefined;
      this.#nowMs = event.atMs;
      return run;
    }
    return undefined;
  }

  #compact(): void {
    this.#heap = this.#heap.filter(({ run }) => run !== undefined).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(start: number): void {
    for (let index = start; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.#swapUnlessBefore(parent, index)) return;
      index = parent;
    }
  }

  #sink(start: number): void {
    for (let index = start; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const [a, b] = [this.#heap[left], this.#heap[right]];
      if (a === undefined) return;
      const child = b !== undefined && isBefore(b, a) ? right : left;
      if (!this.#swapUnlessBefore(index, child)) return;
      index = child;
    }
  }

  #swapUnlessBefore(upper: number, lower: number): boolean {
    const [a, b] = [this.#heap[upper], this.#heap[lower]];
    if (a === undefined || b === undefined || isBefore(a, b)) return false;
    this.#heap[upper] = b;
    this.#heap[lower] = a;
    return true;
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Node runs all microtasks, and those that they queue, before the next turn of its loop. No time is read and none is waited for. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
