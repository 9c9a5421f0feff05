import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Graph } from '../graph/graph-file.ts';
import type { ReplayProgress, ReplayResult } from './replay-edges.ts';

/**
 * Replays every edge of a graph in a thread of its own, so that several run side by side and can be stopped.
 * @throws the signal's reason when it aborts.
 */
export async function replayInWorker(
  graph: Graph,
  options: { onProgress?: (progress: ReplayProgress) => void; signal?: AbortSignal } = {},
): Promise<ReplayResult> {
  options.signal?.throwIfAborted();
  const worker = new Worker(new URL(`./replay-worker${extname(import.meta.url)}`, import.meta.url), { workerData: graph });
  const { promise, resolve, reject } = Promise.withResolvers<ReplayResult>();
  const stop = (): void => reject(options.signal?.reason);
  options.signal?.addEventListener('abort', stop, { once: true });
  worker.on('message', (message: { progress?: ReplayProgress; result?: ReplayResult }) => {
    if (message.progress !== undefined) options.onProgress?.(message.progress);
    if (message.result !== undefined) resolve(message.result);
  });
  worker.on('error', reject);
  worker.on('exit', (code) => reject(new Error(`the replay ended with exit code ${code} before its result`)));
  try {
    return await promise;
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
