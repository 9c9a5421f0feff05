// Method: every edge that TLC generated for the configuration "heuristic-crashes" is replayed, in both directions; see replay-edges.ts.
import { test } from 'vitest';
import { expectEveryEdge } from './expect-every-edge.ts';

test('the code takes every step of TwoPhaseOptions-heuristic-crashes, and no other', { timeout: 300_000 }, () =>
  expectEveryEdge('heuristic-crashes'),
);
