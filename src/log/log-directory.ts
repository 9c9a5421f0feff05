import type { Environment } from '../protocol/environment.ts';
import { InvalidInputError } from '../protocol/errors.ts';

/**
 * Makes the directory that a log is kept in, where it is missing.
 *
 * @throws InvalidInputError when the path is, or leads through, a file; other failures as the file system gives them.
 */
export async function makeLogDirectory(files: Environment['files'], directory: string): Promise<void> {
  try {
    await files.makeDirectory(directory);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw cause;
    throw new InvalidInputError(`directory: "${directory}" is a file, or leads through one; give the path of a directory.`, { cause });
  }
}
