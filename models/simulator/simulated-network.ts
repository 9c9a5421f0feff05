import type { EventQueue } from './event-queue.ts';
import type { FaultSource } from './fault-source.ts';
import type { RunTrace } from './run-trace.ts';
import type { SimulationStatistics } from './statistics.ts';

/** Carries messages between processes: late, twice, out of order, or not at all. What arrives was sent. */
export class SimulatedNetwork {
  readonly #queue: EventQueue;
  readonly #faults: FaultSource;
  readonly #trace: RunTrace;
  readonly #statistics: SimulationStatistics;
  /** Links in one direction that carry nothing, until when. */
  readonly #cut = new Map<string, number>();

  constructor(queue: EventQueue, faults: FaultSource, trace: RunTrace, statistics: SimulationStatistics) {
    this.#queue = queue;
    this.#faults = faults;
    this.#trace = trace;
    this.#statistics = statistics;
  }

  /** Nothing gets from `from` to `to` for so long; the other direction is not concerned. */
  cut(from: string, to: string, durationMs: number): void {
    this.#statistics.partitions += 1;
    this.#trace.record(from, `is cut off from ${to} for ${durationMs.toFixed(0)} ms`);
    this.#cut.set(`${from} ${to}`, this.#queue.nowMs + durationMs);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** @param deliver - called for each copy that arrives. */
  send(from: string, to: string, what: string, deliver: () => void): void {
    this.#statistics.messages += 1;
    const fate = this.#faults.messageFate(from, to);
    if (fate.length !== 1) this.#trace.record(from, `${fate.length === 0 ? 'loses' : 'repeats'} to ${to}: ${what}`);
    for (const delayMs of fate) {
      this.#queue.schedule(delayMs, () => {
        if ((this.#cut.get(`${from} ${to}`) ?? 0) > this.#queue.nowMs) {
          this.#statistics.cutOffMessages += 1;
          this.#trace.record(from, `is cut off from ${to}: ${what}`);
          return;
        }
        this.#trace.record(from, `> ${to}: ${what}`);
        deliver();
      });
    }
  }
}
