import { expect } from 'vitest';
import { replayEdges } from '../../../models/two-phase-commit/replay-edges.ts';
import { type ReplayedConfiguration, storedGraph } from '../../../models/two-phase-commit/stored-graphs.ts';

/** Replays a stored graph, prints what was covered, and fails below all of it. */
export async function expectEveryEdge(name: ReplayedConfiguration): Promise<void> {
  const graph = await storedGraph(name);
  const result = replayEdges(graph);
  console.log(
    `TwoPhaseCommit-${name}: ${result.coveredEdges}/${result.totalEdges} edges, ${result.coveredStates}/${result.totalStates} states`,
  );
  expect(result.divergence).toBeUndefined();
  expect(result.coveredEdges).toBe(result.totalEdges);
  expect(result.coveredStates).toBe(result.totalStates);
}
