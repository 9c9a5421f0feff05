import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, type FileHandle as NodeHandle, open as openFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Environment, FileHandle, FileSystem } from '../protocol/environment.ts';
import { lockFile } from './node-file-lock.ts';

/** The real environment: this process's clock, timers and randomness, and the file system. Linux and macOS. */
export function nodeEnvironment(): Environment {
  return { now: Date.now, monotonicMs: () => performance.now(), setTimer, randomBytes, files };
}

function setTimer(delayMs: number, fire: () => void, isBackground = false): () => void {
  const timer = setTimeout(fire, delayMs);
  if (isBackground) timer.unref();
  return () => clearTimeout(timer);
}

const files: FileSystem = { makeDirectory, open, lock: lockFile };

async function makeDirectory(path: string): Promise<void> {
  const created = await mkdir(path, { recursive: true, mode: 0o700 });
  // From the last entry up to the first new one. That one is flushed also where it is old: who made it may have died before.
  const top = dirname(resolve(created ?? path));
  for (let parent = dirname(resolve(path)); ; parent = dirname(parent)) {
    await syncDirectory(parent);
    if (parent === top) return;
  }
}

async function open(path: string): Promise<FileHandle> {
  const handle = await openFile(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    // Not only when it was created now: an earlier process may have died between creating it and this flush.
    await syncDirectory(dirname(resolve(path)));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    read: () => readAll(handle),
    size: async () => (await handle.stat()).size,
    write: (bytes, position) => writeAll(handle, bytes, position),
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}

async function readAll(handle: NodeHandle): Promise<Uint8Array> {
  const { size } = await handle.stat();
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** The part of a file handle that a positional write needs. */
export interface PositionalWriter {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
}

/** Writes all of `bytes`, however few the operating system takes at a time; rejects when it takes none. */
export async function writeAll(handle: PositionalWriter, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error(`the file took ${done} of ${bytes.length} bytes and then no more`);
    done += bytesWritten;
  }
}

/** Makes the entries of a directory durable. One that we may use but not read was made, and made durable, by somebody else. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await openFile(path, constants.O_RDONLY | constants.O_DIRECTORY).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}
