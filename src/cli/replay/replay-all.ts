import type { ReplayResult } from '../../../models/two-phase-commit/replay-edges.ts';
import { replayInWorker } from '../../../models/two-phase-commit/replay-in-worker.ts';
import type { ReplayedConfiguration } from '../../../models/two-phase-commit/stored-graphs.ts';

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

/** Replays the configurations, `jobs` at a time (default 2); they are independent, and a machine may have no more cores. */
export async function replayAll(
  names: readonly ReplayedConfiguration[],
  options: { onProgress?: (totals: ReplayTotals) => void; jobs?: number; signal: AbortSignal },
): Promise<ReplayReport[]> {
  const totals = new Map<string, ReplayTotals>();
  // The largest first: the last one to end decides how long it all takes.
  const waiting = [...names].reverse();
  const reports: ReplayReport[] = [];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const startedMs = performance.now();
      const key = name;
      const result = await replayInWorker(name, {
        signal: options.signal,
        onProgress: (progress) => {
          totals.set(key, progress);
          options.onProgress?.(sum(totals.values()));
        },
      });
      totals.set(key, result);
      reports.push({ ...result, configuration: name, elapsedMs: performance.now() - startedMs });
    }
  };
  await Promise.all(Array.from({ length: options.jobs ?? 2 }, work));
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
