/** The thread side of {@link replayInWorker}: replays the graph that it is given and posts progress and result. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Graph } from '../graph/graph-file.ts';
import { replayEdges } from './replay-edges.ts';

if (parentPort === null) throw new Error('this is the thread side of replayInWorker, not a program');
const port = parentPort;
const graph: Graph = workerData;
const result = replayEdges(graph, { onProgress: (progress) => port.postMessage({ progress }) });
port.postMessage({ result });
