import { access, constants, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidInputError } from '../protocol/errors.ts';

/**
 * Tries whether a file can be written, before the work whose result it is to get. A file that is there keeps its contents,
 * and none is left where there was none.
 *
 * @param option - by which the user gave the path, for the message.
 * @throws InvalidInputError that says what is wrong with the path.
 */
export async function assertWritable(path: string, option: string): Promise<void> {
  try {
    await tryToWrite(path);
  } catch (cause) {
    throw new InvalidInputError(`${option} ${path} cannot be written: ${problemOf(cause, path)}. Nothing was begun.`, { cause });
  }
}

async function tryToWrite(path: string): Promise<void> {
  try {
    // Fails where there is a file, so that what is removed is never the user's.
    const created = await open(path, 'wx');
    await created.close();
    await rm(path);
    return;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const found = await stat(path);
  // A pipe that is opened and closed again would tell its reader that all is over.
  if (!found.isFile() && !found.isDirectory()) return await access(path, constants.W_OK);
  const existing = await open(path, 'a');
  await existing.close();
}

function problemOf(error: unknown, path: string): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return `there is no directory ${dirname(path)}; make it first`;
    case 'ENOTDIR':
      return `${dirname(path)} is no directory`;
    case 'EISDIR':
      return 'it is a directory; name a file in it';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'you have no permission to write there; choose another place';
    case 'ENOSPC':
      return 'the disk is full; make room, or choose another place';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
