/** Method: the real file system behind a recorder of the directories that are flushed; no test can take the power away from a directory entry. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

const flushed: string[] = vi.hoisted(() => []);

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof original.open = async (path, ...rest) => {
    const handle = await original.open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      flushed.push(String(path));
      await sync();
    };
    return handle;
  };
  return { ...original, open };
});

const { files } = nodeEnvironment();
let directory: string;
const flushedInside = () => flushed.map((path) => relative(directory, path) || '.');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crossbound-sync-'));
  flushed.length = 0;
});
afterEach(() => rm(directory, { recursive: true }));

it('a new directory is entered durably at every level that was made', async () => {
  await files.makeDirectory(join(directory, 'a', 'b', 'c'));
  expect(flushedInside()).toEqual(['a/b', 'a', '.']);
});

it('a directory that is there is entered durably again, because who made it may have died before', async () => {
  await files.makeDirectory(join(directory, 'a'));
  flushed.length = 0;
  await files.makeDirectory(join(directory, 'a'));
  expect(flushedInside()).toEqual(['.']);
});

it('a file is entered durably whenever it is opened, new or old', async () => {
  for (let time = 0; time < 2; time += 1) await (await files.open(join(directory, 'file'))).close();
  expect(flushedInside()).toEqual(['.', '.']);
});
