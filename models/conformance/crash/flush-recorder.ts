/**
 * Records what is durable in a directory while this process writes to it: at each flush of a file its content, at each flush of a
 * directory the names in it. Whatever else is there when the process dies, a power failure may take away.
 */
import fs, { fstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { recordDurable } from './disk-image.ts';

/** Is told the descriptor before a flush; what it returns is called when that is done. */
type Begin = (fd: number) => () => void;

/**
 * Replaces every function of `node:fs` that flushes; to be called before the modules that use them are loaded.
 *
 * @param onFlush - called before each flush of something in `directory`, with its number, from 1.
 */
export async function recordFlushes(directory: string, shadow: string, onFlush: (number: number) => void): Promise<void> {
  mkdirSync(shadow, { recursive: true });
  for (const path of pathsIn(directory)) recordDurable(path, shadow)();
  let flushes = 0;
  const begin: Begin = (fd) => {
    const { ino } = fstatSync(fd);
    const path = pathsIn(directory).find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.ino === ino);
    if (path === undefined) return () => undefined;
    flushes += 1;
    onFlush(flushes);
    return recordDurable(path, shadow);
  };
  for (const name of ['fsyncSync', 'fdatasyncSync'] as const) {
    const flush = fs[name];
    fs[name] = (fd) => {
      const end = begin(fd);
      flush(fd);
      end();
    };
  }
  for (const name of ['fsync', 'fdatasync'] as const) {
    const flush = fs[name];
    const recorded = (fd: number, callback: fs.NoParamCallback) => {
      const end = begin(fd);
      flush(fd, (error) => {
        if (error === null) end();
        callback(error);
      });
    };
    fs[name] = Object.assign(recorded, { __promisify__: flush.__promisify__ });
  }
  syncBuiltinESMExports();
  await recordHandles(begin);
}

/** `FileHandle` is not exported, but every handle is one. */
async function recordHandles(begin: Begin): Promise<void> {
  const handle = await open(devNull);
  await handle.close();
  const prototype: fs.promises.FileHandle = Object.getPrototypeOf(handle);
  for (const name of ['sync', 'datasync'] as const) {
    const flush = prototype[name];
    prototype[name] = async function (this: fs.promises.FileHandle) {
      const end = begin(this.fd);
      await flush.call(this);
      end();
    };
  }
}

/** The directory and all that is below it. */
function pathsIn(directory: string): string[] {
  const below = readdirSync(directory, { recursive: true, withFileTypes: true });
  return [directory, ...below.map(({ parentPath, name }) => join(parentPath, name))];
}
