/** A disk by hand: a file that was filled beforehand, so that a flush has no new blocks to record. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Side } from '../benchmark.ts';
import { oneAtATime, saturated } from '../load.ts';

const PREALLOCATED_BYTES = 16 * 1024 * 1024;
/** About what a decision takes in the log. */
const RECORD_BYTES = 150;

async function preallocate(directory: string): Promise<FileHandle> {
  const handle = await open(join(directory, 'preallocated'), constants.O_RDWR | constants.O_CREAT);
  await handle.write(new Uint8Array(PREALLOCATED_BYTES), 0, PREALLOCATED_BYTES, 0);
  await handle.sync();
  return handle;
}

/** One write and one fdatasync for each record. */
export async function bareFlush(directory: string): Promise<Side> {
  const handle = await preallocate(directory);
  const record = new Uint8Array(RECORD_BYTES).fill(1);
  let position = 0;
  return {
    name: 'bare preallocated write and fdatasync',
    round: (operations) =>
      oneAtATime(operations, async () => {
        await handle.write(record, 0, RECORD_BYTES, position);
        position = (position + RECORD_BYTES) % (PREALLOCATED_BYTES - RECORD_BYTES);
        await handle.datasync();
      }),
    close: () => handle.close(),
  };
}

/** One write and one fdatasync for all records that came while the flush before was under way. */
export async function bareGroup(directory: string, inFlight: number): Promise<Side> {
  const handle = await preallocate(directory);
  let position = 0;
  let waiting: (() => void)[] = [];
  let isFlushing = false;
  const flush = async () => {
    isFlushing = true;
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      const length = group.length * RECORD_BYTES;
      if (position + length > PREALLOCATED_BYTES) position = 0;
      await handle.write(new Uint8Array(length).fill(1), 0, length, position);
      position += length;
      await handle.datasync();
      for (const done of group) done();
    }
    isFlushing = false;
  };
  const once = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (!isFlushing) flush().catch((error: unknown) => queueMicrotask(() => Promise.reject(error)));
    });
  return {
    name: 'bare write and fdatasync a group',
    round: (operations) => saturated(operations, inFlight, once),
    close: () => handle.close(),
  };
}
