/** Commits without a disk: the statecharts alone, and the whole transaction manager. */
import type { Benchmark } from '../benchmark.ts';
import { inBatches, oneAtATime, saturated } from '../load.ts';
import { BareTables, barePromises } from '../sides/bare-floor.ts';
import { compiledCommit, interpretedCommit } from '../sides/cores.ts';
import { crossboundSide } from '../sides/crossbound-side.ts';
import { threeDummies } from '../sides/dummy-participant.ts';
import { javaSides } from '../sides/java-side.ts';
import { VolatileLog } from '../sides/volatile-log.ts';

export const core: Benchmark = {
  name: 'core',
  title: 'Statecharts of a commit with three participants',
  load: 'one at a time',
  baseline: 'bare tables and Maps',
  figure: 'latency',
  operations: { full: 20_000, quick: 4_000, smallest: 50 },
  rounds: { full: 15, quick: 5, smallest: 1 },
  open: async () => {
    const tables = new BareTables();
    return [
      { name: 'bare tables and Maps', round: (operations) => inBatches(operations, (index) => tables.commit(index)) },
      { name: 'compiled', round: (operations) => inBatches(operations, compiledCommit) },
      { name: 'interpreted by XState', round: (operations) => inBatches(Math.ceil(operations / 100), interpretedCommit) },
    ];
  },
};

const SIDES = ['narayana-volatile'] as const;

export const volatileOne: Benchmark = {
  name: 'volatile-one',
  title: 'Commit with three volatile participants and a volatile log',
  load: 'one at a time',
  baseline: 'bare Promise.all',
  figure: 'latency',
  operations: { full: 20_000, quick: 4_000, smallest: 20 },
  rounds: { full: 11, quick: 5, smallest: 1 },
  open: async (context) => {
    const participants = threeDummies();
    return [
      { name: 'bare Promise.all', round: (operations) => oneAtATime(operations, () => barePromises(participants)) },
      await crossboundSide('Crossbound, public API', 1, { log: new VolatileLog() }),
      ...(await javaSides(SIDES, 1, context)),
    ];
  },
};

const IN_FLIGHT = 100;

export const volatileSaturated: Benchmark = {
  ...volatileOne,
  name: 'volatile-saturated',
  load: `${IN_FLIGHT} in flight`,
  figure: 'throughput',
  operations: { full: 50_000, quick: 10_000, smallest: 200 },
  open: async (context) => {
    const participants = threeDummies();
    return [
      { name: 'bare Promise.all', round: (operations) => saturated(operations, IN_FLIGHT, () => barePromises(participants)) },
      await crossboundSide('Crossbound, public API', IN_FLIGHT, { log: new VolatileLog() }),
      ...(await javaSides(SIDES, IN_FLIGHT, context)),
    ];
  },
};

const MANY = 10_000;

/** As many as that are begun before the first may commit, and each must be counted as committed in the end. */
export const manyInFlight: Benchmark = {
  ...volatileSaturated,
  name: 'ten-thousand',
  title: 'Transactions under way at once, none of which may be lost',
  load: `${MANY.toLocaleString('en')} in flight`,
  baseline: 'Crossbound, volatile log',
  operations: { full: 3 * MANY, quick: 3 * MANY, smallest: MANY },
  rounds: { full: 5, quick: 2, smallest: 1 },
  open: async ({ directory }) => {
    const limits = { maxActive: MANY };
    return [
      await crossboundSide('Crossbound, volatile log', MANY, { log: new VolatileLog(), limits }),
      await crossboundSide('Crossbound, durable log', MANY, { directory, limits }),
    ];
  },
};
