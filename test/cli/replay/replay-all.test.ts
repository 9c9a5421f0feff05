// Method: the beginning of a real replay of two real graphs, stopped as soon as it has told enough.
import { expect, test } from 'vitest';
import { storedGraph } from '../../../models/two-phase-commit/stored-graphs.ts';
import { type ReplayTotals, replayAll } from '../../../src/cli/replay/replay-all.ts';

test('the total is that of all graphs from the first, though they are replayed one after the other', async () => {
  const graphs = [await storedGraph('network'), await storedGraph('crashes')];
  const stop = new AbortController();
  const told: ReplayTotals[] = [];
  const replaying = replayAll(['network', 'crashes'], {
    jobs: 1,
    signal: stop.signal,
    onProgress: (totals) => {
      told.push(totals);
      if (totals.coveredEdges > 0) stop.abort(new Error('enough'));
    },
  });
  await expect(replaying).rejects.toThrow('enough');
  expect(told[0]?.coveredEdges).toBe(0);
  expect(new Set(told.map(({ totalEdges }) => totalEdges))).toEqual(new Set([graphs.reduce((sum, { edges }) => sum + edges.length, 0)]));
});
