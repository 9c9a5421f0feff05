import type { FileHandle, FileLock, FileSystem } from '../../src/protocol/environment.ts';
import { LockedError } from '../../src/protocol/errors.ts';

const SECTOR_BYTES = 512;

interface StoredFile {
  /** What a reader sees. */
  cached: Uint8Array;
  /** What survives for certain. */
  durable: Uint8Array;
}

/**
 * A disk in memory that fails on demand and loses what was not flushed, in sectors and in no order, as real ones do.
 * Every call is recorded in `calls`.
 */
export class FaultyFiles implements FileSystem {
  readonly calls: string[] = [];
  readonly #files = new Map<string, StoredFile>();
  readonly #locks = new Set<string>();
  #failures: { operation: string; code: string; keepBytes: number; skip: number }[] = [];
  #gate: Promise<void> | undefined;

  /** The next `operation` after `skip` good ones rejects with `code`; a write leaves its first `keepBytes` bytes behind. */
  failNext(operation: 'write' | 'sync' | 'read' | 'truncate', code: string, { keepBytes = 0, skip = 0 } = {}): void {
    this.#failures.push({ operation, code, keepBytes, skip });
  }

  /** Every flush from now on waits until the returned function is called. */
  holdSyncs(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return () => {
      this.#gate = undefined;
      resolve();
    };
  }

  contentOf(path: string): Uint8Array {
    return this.#files.get(path)?.cached.slice() ?? new Uint8Array();
  }

  setContent(path: string, bytes: Uint8Array): void {
    this.#files.set(path, { cached: bytes.slice(), durable: bytes.slice() });
  }

  /** The disk after a power failure: each sector that was not flushed is kept when `keeps` says so, else as it was, or zeros. */
  crash(keeps: () => boolean): FaultyFiles {
    const after = new FaultyFiles();
    for (const [path, file] of this.#files) {
      const grown = keeps() ? file.cached.length : file.durable.length;
      const bytes = new Uint8Array(Math.max(grown, file.durable.length));
      bytes.set(file.durable);
      for (let start = 0; start < bytes.length; start += SECTOR_BYTES) {
        const sector = file.cached.subarray(start, Math.min(start + SECTOR_BYTES, bytes.length));
        if (keeps()) bytes.set(sector, start);
      }
      after.setContent(path, bytes);
    }
    return after;
  }

  async makeDirectory(): Promise<void> {}

  async lock(path: string): Promise<FileLock> {
    if (this.#locks.has(path)) throw new LockedError(`${path} is locked`);
    this.#locks.add(path);
    return {
      release: async () => {
        this.#locks.delete(path);
      },
    };
  }

  async open(path: string): Promise<FileHandle> {
    const file = this.#files.get(path) ?? { cached: new Uint8Array(), durable: new Uint8Array() };
    this.#files.set(path, file);
    return {
      read: async () => {
        this.#enter('read');
        return file.cached.slice();
      },
      size: async () => file.cached.length,
      write: async (bytes, position) => {
        const failure = this.#takeFailure('write');
        const kept = failure ? bytes.subarray(0, failure.keepBytes) : bytes;
        const grown = new Uint8Array(Math.max(file.cached.length, position + kept.length));
        grown.set(file.cached);
        grown.set(kept, position);
        file.cached = grown;
        this.calls.push(`write ${bytes.length}`);
        if (failure) throw systemError(failure.code, 'write');
      },
      sync: async () => {
        // Only what was there when the flush began is covered.
        const covered = file.cached.slice();
        await this.#gate;
        this.#enter('sync');
        file.durable = covered;
      },
      truncate: async (length) => {
        this.#enter('truncate');
        const cut = new Uint8Array(length);
        cut.set(file.cached.subarray(0, length));
        file.cached = cut;
      },
      close: async () => {
        this.calls.push('close');
      },
    };
  }

  #enter(operation: string): void {
    this.calls.push(operation);
    const failure = this.#takeFailure(operation);
    if (failure) throw systemError(failure.code, operation);
  }

  #takeFailure(operation: string) {
    const failure = this.#failures.find((candidate) => candidate.operation === operation);
    if (failure && failure.skip > 0) {
      failure.skip -= 1;
      return undefined;
    }
    this.#failures = this.#failures.filter((candidate) => candidate !== failure);
    return failure;
  }
}

function systemError(code: string, operation: string): Error {
  return Object.assign(new Error(`${code}: injected, ${operation}`), { code });
}
