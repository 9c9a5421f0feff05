import type { DatabaseSync } from 'node:sqlite';
import type { FileLock } from '../protocol/environment.ts';
import { CrossboundError, LockedError } from '../protocol/errors.ts';

/** SQLite's primary result code for a lock that somebody else holds. */
const SQLITE_BUSY = 5;

/** Keeps each held lock reachable: a database that is garbage collected is closed, and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes an exclusive lock on `path` (created, empty, where missing), against other processes and against this one. The
 * kernel holds it, so it ends with the process, however that ends. Why SQLite: docs/adr/0001-directory-lock.md.
 *
 * While the lock is held nothing else in this process may open the file: POSIX drops all of a process's locks on a file
 * when the process closes any descriptor of it.
 *
 * @throws LockedError when another holder lives.
 */
export async function lockFile(path: string): Promise<FileLock> {
  const sqlite = await import('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(path);
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw lockError(path, error);
  }
  const holder = database;
  held.add(holder);
  return {
    release: async () => {
      if (held.delete(holder)) holder.close();
    },
  };
}

function lockError(path: string, cause: unknown): CrossboundError {
  const why = cause instanceof Error ? cause.message : String(cause);
  if (isBusy(cause)) {
    return new LockedError(
      `${path} is locked: another coordinator or participant is using this directory, in this process or another (find it with: fuser ${path}). Stop it, or use another directory.`,
      { cause },
    );
  }
  return new CrossboundError(
    'LOCK_FAILED',
    'terminal',
    `Cannot lock ${path} (${why}). Check that the directory exists and is writable, that the file is empty, and that its file system has POSIX locks.`,
    { cause },
  );
}

function isBusy(error: unknown): boolean {
  // The upper bytes of `errcode` are SQLite's extended code.
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_BUSY;
}
