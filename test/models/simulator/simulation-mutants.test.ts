// Method: each bug is put in the place of a real part, and seeds are tried until one finds it; without the bug the same seeds find
// nothing (simulation.test.ts).
import { expect, test } from 'vitest';
import { simulate } from '../../../models/simulator/simulation.ts';
import { simulationMutants } from '../../../models/simulator/simulation-mutants.ts';
import { journalStore } from '../../../models/simulator/simulation-parts.ts';

test('there are many, and each has a name', () => {
  expect(new Set(simulationMutants.map(({ name }) => name)).size).toBeGreaterThanOrEqual(15);
});

test('in two journals behind a network, where some of them are put, nothing is found without them', async () => {
  const stores = [journalStore('store-1', 'remote'), journalStore('store-2', 'remote')];
  for (let seed = 1; seed <= 20; seed += 1) {
    expect((await simulate({ seed, transactions: 60, stores })).violations, `seed ${seed}`).toEqual([]);
  }
});

test.each(simulationMutants)('$name: found within $seeds seeds', async ({ violates, seeds, stores, parts }) => {
  const found: string[] = [];
  for (let seed = 1; seed <= seeds && found.length === 0; seed += 1) {
    const options = { seed, transactions: 60, ...(stores === undefined ? {} : { stores }), ...(parts === undefined ? {} : { parts }) };
    const { violations } = await simulate(options);
    found.push(...violations.map(({ property }) => property));
  }
  expect(violates).toContain(found[0]);
});
