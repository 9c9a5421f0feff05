import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { wasmCheck } from './wasm-engine.ts';

// Entry of the thread in which tla-checker runs: it does not return before it is done, and only a thread can be stopped.
const { source, config } = z.object({ source: z.string(), config: z.string() }).parse(workerData);
parentPort?.postMessage(wasmCheck(source, config));
