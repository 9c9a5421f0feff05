/** Commits with three dummy participants whose decision is on the disk before anybody hears of it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { bareFlush, bareGroup } from '../sides/bare-file.ts';
import { crossboundSide } from '../sides/crossbound-side.ts';
import { javaSides } from '../sides/java-side.ts';
import { logSide } from '../sides/log-side.ts';

const SIDES = ['narayana-default', 'narayana-journal', 'atomikos'] as const;

async function directories(directory: string, ...names: string[]): Promise<string[]> {
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      await mkdir(path);
      return path;
    }),
  );
}

/** A commit needs one flush of the decision; the participants are volatile, and the end record is not forced. */
export const durableOne: Benchmark = {
  name: 'durable-one',
  title: 'Durable commit, which needs one flush',
  load: 'one at a time',
  baseline: 'bare preallocated write and fdatasync',
  figure: 'latency',
  operations: { full: 500, quick: 100, smallest: 5 },
  rounds: { full: 11, quick: 5, smallest: 1 },
  open: async (context) => {
    const [bare = '', log = '', manager = ''] = await directories(context.directory, 'bare', 'log', 'manager');
    return [
      await bareFlush(bare),
      await logSide(log, 1),
      await crossboundSide('Crossbound, public API', 1, { directory: manager }),
      ...(await javaSides(SIDES, 1, context)),
    ];
  },
};

const IN_FLIGHT = 100;

export const durableSaturated: Benchmark = {
  ...durableOne,
  name: 'durable-saturated',
  title: 'Durable commits that share flushes',
  load: `${IN_FLIGHT} in flight`,
  baseline: 'bare write and fdatasync a group',
  figure: 'throughput',
  operations: { full: 20_000, quick: 4_000, smallest: 100 },
  open: async (context) => {
    const [bare = '', log = '', manager = ''] = await directories(context.directory, 'bare', 'log', 'manager');
    return [
      await bareGroup(bare, IN_FLIGHT),
      await logSide(log, IN_FLIGHT),
      await crossboundSide('Crossbound, public API', IN_FLIGHT, { directory: manager }),
      ...(await javaSides(SIDES, IN_FLIGHT, context)),
    ];
  },
};
