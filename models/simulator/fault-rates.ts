import type { Random } from './random.ts';

/** How much goes wrong, each kind by itself. Probabilities are of one message, flush or effect; the others come per second of virtual time. */
export interface FaultRates {
  /** Probability that a message is lost. */
  readonly loss: number;
  /** Probability that a message arrives twice, the second time up to seconds later. */
  readonly duplication: number;
  /** Probability that a message takes up to seconds, so that others overtake it. */
  readonly slowMessages: number;
  /** Partitions of one link in one direction, per second. */
  readonly partitions: number;
  /** Deaths of a process, per second: half of them are power failures, which take what was not flushed. */
  readonly crashes: number;
  /** Probability that the coordinator dies right before or after an effect. */
  readonly effectCrashes: number;
  /** Probability that the power of a machine fails during a flush. */
  readonly flushCrashes: number;
  /** Orderly restarts of the coordinator, per second. */
  readonly restarts: number;
  /** Attempts to start a second coordinator beside the first, per second. */
  readonly rivals: number;
  /** Probability that a flush takes up to seconds. */
  readonly slowFlushes: number;
  /** Probability that a write or a flush fails, with a full disk or an input/output error. */
  readonly diskErrors: number;
  /** Processes that stand still for up to seconds, per second. */
  readonly pauses: number;
  /** Clocks that jump, or run at half to twice their speed from then on, per second. */
  readonly clockFaults: number;
}

/** A world in which everything works. */
export const noFaults: FaultRates = {
  loss: 0,
  duplication: 0,
  slowMessages: 0,
  partitions: 0,
  crashes: 0,
  effectCrashes: 0,
  flushCrashes: 0,
  restarts: 0,
  rivals: 0,
  slowFlushes: 0,
  diskErrors: 0,
  pauses: 0,
  clockFaults: 0,
};

/** The most of each kind; the least is a tenth of it. */
const MAX_RATES: FaultRates = {
  loss: 0.1,
  duplication: 0.1,
  slowMessages: 0.1,
  partitions: 0.5,
  crashes: 0.5,
  effectCrashes: 0.005,
  flushCrashes: 0.01,
  restarts: 0.1,
  rivals: 0.2,
  slowFlushes: 0.02,
  diskErrors: 0.002,
  pauses: 0.3,
  clockFaults: 0.5,
};

/**
 * Draws which kinds of fault there are, each with one chance in two, and how many of them. Not all of all at once: what some
 * faults find, others hide (swarm testing: Groce et al., ISSTA 2012).
 */
export function drawFaultRates(random: Random): FaultRates {
  const draw = (max: number) => (random.chance(0.5) ? random.spread(max / 10, max) : 0);
  const entries = Object.entries(MAX_RATES).map(([kind, max]) => [kind, draw(max)] as const);
  return { ...noFaults, ...Object.fromEntries(entries) };
}
