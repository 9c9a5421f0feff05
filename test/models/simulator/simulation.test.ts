// Method: whole simulations of the real manager, logs and journals. That the oracles bite is shown in simulation-mutants.test.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../models/package-root.ts';
import { noFaults } from '../../../models/simulator/fault-rates.ts';
import { type SimulationResult, simulate } from '../../../models/simulator/simulation.ts';
import { addStatistics, emptyStatistics } from '../../../models/simulator/statistics.ts';

const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

async function lines(seed: number): Promise<{ readonly lines: string[]; readonly result: SimulationResult }> {
  const collected: string[] = [];
  const result = await simulate({ seed, transactions: 60, onLine: (line) => collected.push(line) });
  return { lines: collected, result };
}

describe('one seed decides everything', () => {
  test('twice the same seed gives the same trace, line by line; another seed gives another', async () => {
    const [first, second, other] = [await lines(7), await lines(7), await lines(8)];
    expect(first.lines.length).toBeGreaterThan(1_000);
    expect(second.lines).toEqual(first.lines);
    expect(second.result).toEqual(first.result);
    expect(other.result.traceHash).not.toBe(first.result.traceHash);
  });

  test('simulations side by side do not disturb each other', async () => {
    const alone = await Promise.all([3, 4].map(async (seed) => (await lines(seed)).result.traceHash));
    expect(alone).toEqual([(await lines(3)).result.traceHash, (await lines(4)).result.traceHash]);
  });

  test('another process comes to the same hash', async () => {
    const program = `
      const { simulate } = await import(${JSON.stringify(join(packageRoot, 'models', 'simulator', 'simulation.ts'))});
      console.log((await simulate({ seed: 11, transactions: 60 })).traceHash);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
    expect({ hash: stdout.trim(), stderr }).toEqual({ hash: (await lines(11)).result.traceHash, stderr: '' });
  });
});

test('without faults every transfer gets its answer, nothing crashes and nothing is in doubt', async () => {
  const { violations, statistics } = await simulate({ seed: 1, rates: noFaults, transactions: 100 });
  expect(violations).toEqual([]);
  expect(statistics).toMatchObject({ coordinatorCrashes: 0, storeCrashes: 0, lostMessages: 0, inDoubt: 0, unanswered: 0, fullDisks: 0 });
  expect(statistics.committed).toBeGreaterThan(60);
});

test(`with the faults of ${seeds.length} seeds nothing is violated, and every kind of fault occurs`, async () => {
  const sum = emptyStatistics();
  for (const seed of seeds) {
    const { violations, statistics } = await simulate({ seed, transactions: 60 });
    expect(violations, `seed ${seed}`).toEqual([]);
    addStatistics(sum, statistics);
  }
  const { abortsByCause, ...counts } = sum;
  expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
  expect(Object.keys(abortsByCause)).toEqual(
    expect.arrayContaining(['CLIENT', 'TIMEOUT', 'ABORTED_BY_SIGNAL', 'LOCK_TIMEOUT', 'PARTICIPANT_FAILED', 'LOG_FAILED']),
  );
});
