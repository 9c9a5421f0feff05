import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TraceRecord } from '../protocol/recorded-run.ts';

const NEW_LINE = 0x0a;
/** How much is read at a time, from the end, to find the last whole line. */
const CHUNK_BYTES = 64 * 1024;

/** A recorded run on disk, one JSON object a line. */
export interface TraceFile {
  /** Give this to `createCrossbound` as `onTrace`. */
  readonly onTrace: (record: TraceRecord) => void;
  /** Releases the file. Close the manager first: later records are an error. */
  close(): void;
}

/**
 * Appends a recorded run to `path`. Each line is with the operating system before the step that it records takes effect, so
 * a killed process loses none; nothing is flushed, so a power failure may. A line that a kill has torn is cut off: its
 * step took no effect.
 *
 * Errors of the file system, such as a full disk, are thrown, and end the process as an uncaught exception: a run with holes
 * in its record is worth nothing.
 */
export function openTraceFile(path: string): TraceFile {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, 'a+', 0o600);
  ftruncateSync(descriptor, endOfLastLine(descriptor));
  return {
    onTrace: (record) => {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      for (let done = 0; done < line.length; ) done += writeSync(descriptor, line, done);
    },
    close: () => closeSync(descriptor),
  };
}

function endOfLastLine(descriptor: number): number {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let end = fstatSync(descriptor).size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const length = readSync(descriptor, chunk, 0, end - start, start);
    const last = chunk.subarray(0, length).lastIndexOf(NEW_LINE);
    if (last >= 0) return start + last + 1;
    end = start;
  }
  return 0;
}
