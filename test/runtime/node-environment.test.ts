/** Method: the real file system under a temporary directory; a full disk is a real one where this user may mount it. */
import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeLog } from '../../src/log/decode-log.ts';
import { FileLog } from '../../src/log/file-log.ts';
import { LogPoisonedError } from '../../src/protocol/errors.ts';
import { nodeEnvironment, writeAll } from '../../src/runtime/node-environment.ts';

const environment = nodeEnvironment();
const { files } = environment;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crossbound-files-'));
});
afterEach(() => rm(directory, { recursive: true }));

const bytesOf = (value: string) => new TextEncoder().encode(value);

describe('files', () => {
  it('keeps what is written where it is written, and cuts and extends', async () => {
    const path = join(directory, 'file');
    const file = await files.open(path);
    await file.write(bytesOf('hello world'), 0);
    await file.write(bytesOf('W'), 6);
    await file.sync();
    expect(Buffer.from(await file.read()).toString()).toBe('hello World');
    await file.truncate(5);
    await file.truncate(7);
    expect(Buffer.from(await file.read()).toString()).toBe('hello\0\0');
    await appendFile(path, 'from elsewhere');
    expect(await file.size()).toBe(21);
    await file.truncate(7);
    await file.close();
    const again = await files.open(path);
    expect(await again.read()).toHaveLength(7);
    await again.close();
    expect((await stat(path)).mode & 0o077).toBe(0);
  });

  it('makes directories with their parents, once', async () => {
    const path = join(directory, 'a', 'b', 'c');
    await files.makeDirectory(path);
    await files.makeDirectory(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('rejects with the error of the system', async () => {
    await expect(files.open(join(directory, 'missing', 'file'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(files.open(directory)).rejects.toMatchObject({ code: 'EISDIR' });
    await (await files.open(join(directory, 'file'))).close();
    await expect(files.makeDirectory(join(directory, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('opens files in a directory that may be searched and written but not read', async () => {
    const path = join(directory, 'blind');
    await mkdir(path);
    await chmod(path, 0o300);
    await (await files.open(join(path, 'file'))).close();
    await chmod(path, 0o700);
  });
});

describe('a write that the system takes in pieces', () => {
  it('is continued until all is there', async () => {
    const target = Buffer.alloc(30, '.');
    const asked: number[] = [];
    const write = async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      const taken = Math.min(length, 4);
      asked.push(length);
      target.set(bytes.subarray(offset, offset + taken), position);
      return { bytesWritten: taken };
    };
    await writeAll({ write }, bytesOf('0123456789'), 5);
    expect(target.toString()).toBe('.....0123456789...............');
    expect(asked).toEqual([10, 6, 2]);
  });

  it('rejects when it takes nothing more, instead of trying for ever', async () => {
    await expect(writeAll({ write: async () => ({ bytesWritten: 0 }) }, bytesOf('x'), 0)).rejects.toThrow(/0 of 1 bytes/);
  });
});

describe('time and randomness', () => {
  it('a timer fires once, and not when it was cancelled', async () => {
    const fired: string[] = [];
    const cancel = environment.setTimer(1, () => fired.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => environment.setTimer(5, resolve));
    expect(fired).toEqual([]);
    expect(Math.abs(environment.now() - Date.now())).toBeLessThan(1_000);
  });

  it('random bytes have the length asked for and do not repeat', () => {
    expect(environment.randomBytes(16)).toHaveLength(16);
    expect(Buffer.compare(environment.randomBytes(16), environment.randomBytes(16))).not.toBe(0);
  });
});

/** Runs `work` on a file system of 64 kB; false where this user may not mount one. */
async function onTinyDisk(work: (path: string) => Promise<void>): Promise<boolean> {
  const path = join(directory, 'tiny');
  await mkdir(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return false;
  }
  try {
    await work(path);
  } finally {
    execFileSync('umount', [path]);
  }
  return true;
}

describe('a disk that is really full', () => {
  it('poisons the log, and all that was acknowledged is found when it is opened again', async ({ skip }) => {
    const ran = await onTinyDisk(async (path) => {
      const decode = (bytes: Uint8Array, name: string) => decodeLog(bytes, name, (payload) => payload.length);
      const file = join(path, 'test.log');
      const { log } = await FileLog.open(file, environment, decode);
      let acknowledged = 0;
      const fill = async () => {
        for (;;) {
          await log.flushed(log.append(new Uint8Array(3_000)));
          acknowledged += 1;
        }
      };
      await expect(fill()).rejects.toSatisfy((error) => error instanceof LogPoisonedError && /ENOSPC/.test(error.message));
      await log.close();
      expect(acknowledged).toBeGreaterThan(15);
      const again = await FileLog.open(file, environment, decode);
      expect(again.content.records).toEqual(Array(acknowledged).fill(3_000));
      await again.log.close();
      expect((await readFile(file)).length).toBe(again.content.validLength);
    });
    skip(!ran, 'this user may not mount a small file system; test/log/file-log.test.ts has the same with an injected ENOSPC');
  });
});
