// Method: each deliberate bug of code-mutants.ts and options-code-mutants.ts is replayed; the bridge must see it where the list says.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Graph } from '../../../models/graph/graph-file.ts';
import { codeMutants as commitCodeMutants } from '../../../models/two-phase-commit/code-mutants.ts';
import { optionsCodeMutants } from '../../../models/two-phase-commit/options-code-mutants.ts';
import { replayEdges } from '../../../models/two-phase-commit/replay-edges.ts';
import { type ReplayedConfiguration, storedGraph } from '../../../models/two-phase-commit/stored-graphs.ts';

const codeMutants = [...commitCodeMutants, ...optionsCodeMutants];
const graphs = new Map<ReplayedConfiguration, Graph>();
beforeAll(async () => {
  for (const name of new Set(codeMutants.map(({ graph }) => graph))) graphs.set(name, await storedGraph(name));
});

describe('level 2, the replay of every edge, catches the bug that', () => {
  test.each(codeMutants)('$name', ({ graph, code, caught }) => {
    const stored = graphs.get(graph);
    if (stored === undefined) throw new Error(`no graph ${graph}`);
    const { divergence } = replayEdges(stored, { code });
    expect(divergence).toMatchObject(caught);
  });
});

test.each([
  ['TwoPhaseCommit', commitCodeMutants],
  ['TwoPhaseOptions', optionsCodeMutants],
])('there are at least ten against %s, each another bug', (_module, mutants) => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(10);
});
