import type { EventQueue } from './event-queue.ts';
import type { FaultSource } from './fault-source.ts';
import type { OutcomeOracle } from './outcome-oracle.ts';
import type { Random } from './random.ts';
import type { RunTrace } from './run-trace.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import type { SimulationParts } from './simulation-parts.ts';
import type { SimulationStatistics } from './statistics.ts';

/** What all parts of one simulation share. */
export interface SimulatedWorld {
  readonly queue: EventQueue;
  readonly random: Random;
  readonly trace: RunTrace;
  readonly statistics: SimulationStatistics;
  readonly faults: FaultSource;
  readonly network: SimulatedNetwork;
  readonly oracle: OutcomeOracle;
  readonly parts: SimulationParts;
  /** Something that must not happen has happened. */
  report(property: string, message: string, tx?: string): void;
}

/** The name of the coordinator's process. */
export const COORDINATOR = 'coordinator';

/** Resolves after `delayMs` of virtual time, which passes for nobody in particular: a client, an operator. */
export function passing(queue: EventQueue, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    queue.schedule(delayMs, resolve);
  });
}
