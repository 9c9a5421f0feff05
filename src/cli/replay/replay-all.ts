import type { Graph } from '../../../models/graph/graph-file.ts';
import type { ReplayResult } from '../../../models/two-phase-commit/replay-edges.ts';
import { replayInWorker } from '../../../models/two-phase-commit/replay-in-worker.ts';
import { type ReplayedConfiguration, storedGraph } from '../../../models/two-phase-commit/stored-graphs.ts';

/** What the replay of one configuration came to. */
export interface ReplayReport extends ReplayResult {
  readonly configuration: ReplayedConfiguration;
  readonly elapsedMs: number;
}

/** How far all replays are. */
export interface ReplayTotals {
  readonly coveredEdges: number;
  readonly totalEdges: number;
}

/**
 * Replays the configurations, `jobs` at a time (default 2); they are independent, and a machine may have no more cores. When one
 * fails the others are stopped, and none of them runs any more when this rejects.
 */
export async function replayAll(
  names: readonly ReplayedConfiguration[],
  options: { onProgress?: (totals: ReplayTotals) => void; jobs?: number; signal: AbortSignal },
): Promise<ReplayReport[]> {
  const totals = new Map<string, ReplayTotals>();
  const waiting: { name: ReplayedConfiguration; graph: Graph }[] = [];
  // All before any begins: a total that grew with each graph would seem to move the end away.
  for (const name of names) {
    const graph = await storedGraph(name);
    totals.set(name, { coveredEdges: 0, totalEdges: graph.edges.length });
    // The largest first: the last one to end decides how long it all takes.
    waiting.unshift({ name, graph });
  }
  options.onProgress?.(sum(totals.values()));
  const reports: ReplayReport[] = [];
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, graph } = next;
      const startedMs = performance.now();
      const result = await replayInWorker(graph, {
        signal,
        onProgress: (progress) => {
          totals.set(name, progress);
          options.onProgress?.(sum(totals.values()));
        },
      });
      totals.set(name, result);
      reports.push({ ...result, configuration: name, elapsedMs: performance.now() - startedMs });
    }
  };
  const workers = Array.from({ length: options.jobs ?? 2 }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  // Its reason is the first failure; those of the others only follow from it.
  signal.throwIfAborted();
  return names.flatMap((name) => reports.filter(({ configuration }) => configuration === name));
}

/** How far the replays are, for people. */
export function describeTotals({ coveredEdges, totalEdges }: ReplayTotals): string {
  return `replaying: ${coveredEdges.toLocaleString('en')} of ${totalEdges.toLocaleString('en')} edges`;
}

function sum(parts: Iterable<ReplayTotals>): ReplayTotals {
  let [coveredEdges, totalEdges] = [0, 0];
  for (const part of parts) {
    coveredEdges += part.coveredEdges;
    totalEdges += part.totalEdges;
  }
  return { coveredEdges, totalEdges };
}

/** True when every edge was covered and nothing differed. */
export function replayHolds({ divergence, coveredEdges, totalEdges }: ReplayResult): boolean {
  return divergence === undefined && coveredEdges === totalEdges;
}
