import { createHash } from 'node:crypto';
import type { EventQueue } from './event-queue.ts';

/** So many of the last lines are kept for a failure to show. */
const TAIL_LINES = 400;
const LINES_A_HASH = 256;

/** What happened, a line for each thing, with its moment. All of it goes into a hash; the end of it is kept. */
export class RunTrace {
  readonly #queue: EventQueue;
  readonly #hash = createHash('sha256');
  readonly #onLine: ((line: string) => void) | undefined;
  #unhashed: string[] = [];
  #tail: string[] = [];

  constructor(queue: EventQueue, onLine?: (line: string) => void) {
    this.#queue = queue;
    this.#onLine = onLine;
  }

  record(place: string, what: string): void {
    const line = `${this.#queue.nowMs.toFixed(3)} ${place} ${what}`;
    this.#unhashed.push(line);
    if (this.#unhashed.length === LINES_A_HASH) this.#hashLines();
    this.#tail.push(line);
    if (this.#tail.length === 2 * TAIL_LINES) this.#tail = this.#tail.slice(TAIL_LINES);
    this.#onLine?.(line);
  }

  get tail(): readonly string[] {
    return this.#tail.slice(-TAIL_LINES);
  }

  /** The hash of all lines; nothing can be recorded after it. */
  digest(): string {
    this.#hashLines();
    return this.#hash.digest('hex');
  }

  #hashLines(): void {
    if (this.#unhashed.length === 0) return;
    this.#hash.update(`${this.#unhashed.join('\n')}\n`);
    this.#unhashed = [];
  }
}
