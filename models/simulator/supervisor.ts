import { CrossboundError } from '../../src/protocol/errors.ts';
import type { Incarnation } from './incarnation.ts';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** What no crash and no full disk explains, when it keeps a process from starting. */
const INEXPLICABLE = new Set(['LOG_CORRUPT', 'DECISION_LOG_MISSING', 'LOCKED', 'PARTICIPANT_MISSING', 'LOG_OF_ANOTHER_COORDINATOR']);

/** Keeps a process running: starts it again some time after it has died or has said that it cannot go on. */
export class Supervisor {
  readonly process: SimulatedProcess;
  readonly #world: SimulatedWorld;
  readonly #random: Random;
  readonly #run: (incarnation: Incarnation) => void;
  #mendsAtMs = Number.POSITIVE_INFINITY;

  /** @param run - the program; it goes on by itself. */
  constructor(process: SimulatedProcess, world: SimulatedWorld, run: (incarnation: Incarnation) => void) {
    this.process = process;
    this.#world = world;
    this.#random = world.random.fork(`supervisor of ${process.name}`);
    this.#run = run;
  }

  start(): void {
    this.#mendsAtMs = Number.POSITIVE_INFINITY;
    const incarnation = this.process.start();
    this.#world.trace.record(this.process.name, `starts for the ${incarnation.number}. time`);
    this.#run(incarnation);
  }

  /** Ends the process at once; with the power of its machine, what the disk has not flushed may be gone too. */
  crash(why: 'process' | 'power', downMs = this.#random.spread(20, 3_000)): void {
    const { current } = this.process;
    if (current === undefined) return;
    this.#world.trace.record(this.process.name, why === 'power' ? 'loses its power' : 'is killed');
    current.kill();
    if (why === 'power') {
      this.#world.statistics.powerFailures += 1;
      this.process.disk.losePower();
    }
    this.#world.queue.schedule(downMs, () => {
      if (this.process.current === undefined) this.start();
    });
  }

  /** Its disk has failed: somebody looks after it in a while, and starts it again. */
  mendSoon(): void {
    const { current } = this.process;
    const delayMs = this.#random.spread(50, 2_000);
    if (current === undefined || this.#mendsAtMs <= this.#world.queue.nowMs + delayMs) return;
    this.#mendsAtMs = this.#world.queue.nowMs + delayMs;
    this.#world.queue.schedule(delayMs, () => {
      if (this.process.current === current) this.crash('process', 10);
    });
  }

  /** It could not start. */
  failed(incarnation: Incarnation, error: unknown): void {
    if (!incarnation.isAlive) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#world.trace.record(this.process.name, `cannot start: ${message}`);
    const codes = [error, error instanceof Error ? error.cause : undefined].map((one) => (one instanceof CrossboundError ? one.code : ''));
    if (codes.some((code) => INEXPLICABLE.has(code))) this.#world.report('Recovers', `${this.process.name} cannot start: ${message}`);
    this.crash('process', this.#random.spread(50, 500));
  }
}
