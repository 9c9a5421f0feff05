/** The three ways of putting a load on a side. Each times what it does with the same clock. */
import type { Round } from './benchmark.ts';

/** One after the other, each timed. */
export async function oneAtATime(operations: number, once: (index: number) => Promise<unknown>): Promise<Round> {
  const latenciesMicros = new Float64Array(operations);
  const start = performance.now();
  for (let index = 0; index < operations; index += 1) {
    const begin = performance.now();
    await once(index);
    latenciesMicros[index] = (performance.now() - begin) * 1_000;
  }
  return { latenciesMicros, operations, elapsedMicros: (performance.now() - start) * 1_000 };
}

/** Below a microsecond the clock would be most of what is measured: so many of them are timed together. */
const BATCH = 50;

/** One after the other without a promise, timed in batches of {@link BATCH}. */
export function inBatches(operations: number, once: (index: number) => unknown): Round {
  const batches = Math.max(1, Math.ceil(operations / BATCH));
  const latenciesMicros = new Float64Array(batches);
  const start = performance.now();
  for (let batch = 0; batch < batches; batch += 1) {
    const begin = performance.now();
    for (let index = 0; index < BATCH; index += 1) once(batch * BATCH + index);
    latenciesMicros[batch] = ((performance.now() - begin) * 1_000) / BATCH;
  }
  return { latenciesMicros, operations: batches * BATCH, elapsedMicros: (performance.now() - start) * 1_000 };
}

/** `inFlight` at any time, until so many are done. */
export async function saturated(operations: number, inFlight: number, once: (index: number) => Promise<unknown>): Promise<Round> {
  const latenciesMicros = new Float64Array(operations);
  let next = 0;
  const worker = async () => {
    while (next < operations) {
      const index = next;
      next += 1;
      const begin = performance.now();
      await once(index);
      latenciesMicros[index] = (performance.now() - begin) * 1_000;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: Math.min(inFlight, operations) }, worker));
  return { latenciesMicros, operations, elapsedMicros: (performance.now() - start) * 1_000 };
}
