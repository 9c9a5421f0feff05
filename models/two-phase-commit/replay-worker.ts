/** The thread side of {@link replayInWorker}: replays one stored graph and posts progress and result. */
import { parentPort, workerData } from 'node:worker_threads';
import { replayEdges } from './replay-edges.ts';
import { replayedConfigurations, storedGraph } from './stored-graphs.ts';

const name = replayedConfigurations.find((known) => known === workerData);
if (name === undefined || parentPort === null) throw new Error(`not a replayed configuration: ${String(workerData)}`);
const port = parentPort;
const result = replayEdges(await storedGraph(name), { onProgress: (progress) => port.postMessage({ progress }) });
port.postMessage({ result });
