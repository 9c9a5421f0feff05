import { CrossboundError, InvalidInputError } from '../../protocol/errors.ts';
import type { KeyLocks, LockMode, LockWait } from './key-locks.ts';

export const MAX_KEY_BYTES = 1_024;
/** Keys and values of one branch together, with {@link WRITE_OVERHEAD_BYTES} a write: as JSON they fit in one log record. */
export const MAX_WRITES_BYTES = 1024 * 1024;
/** The quotes, brackets and commas around one write. */
const WRITE_OVERHEAD_BYTES = 16;

/** What one branch changes, in no particular order: the new value of a key, or `null` where it is deleted. */
export type Writes = readonly (readonly [key: string, value: string | null])[];

/**
 * What user code works with inside a transaction. Keys and values are strings; use `JSON.stringify` and a parser of yours
 * for more. Strict two-phase locking: every key read is locked against writers, every key written against
 * everyone, until the transaction's end, so transactions are serializable on the keys that they name. `entries` does not
 * see keys that others add to the prefix later (phantoms); keep a counter under one key where that matters.
 *
 * Each call may wait for a lock, for at most the time-out of the transaction, and then rejects with `LockRefusedError` (retryable). Two
 * transactions that read a key and then write it would wait for each other: read with `getForUpdate` what you will write.
 */
export interface KeyValueHandle {
  /** The value of `key` as this transaction sees it. */
  get(key: string): Promise<string | undefined>;
  /** As {@link KeyValueHandle.get}, and keeps the key for this transaction alone. */
  getForUpdate(key: string): Promise<string | undefined>;
  /** Keys have 1 to 1024 bytes in UTF-8; all that one transaction writes is bounded by 1 MiB. */
  put(key: string, value: string): Promise<void>;
  /** Does nothing where the key is missing. */
  delete(key: string): Promise<void>;
  /** Every key that starts with `prefix`, with its value, sorted by UTF-16 code units. */
  entries(prefix?: string): Promise<readonly (readonly [key: string, value: string])[]>;
}

/** The view of one branch: its own writes over the committed state, through locks. */
export class KeyValueView implements KeyValueHandle {
  readonly #transaction: string;
  readonly #committed: ReadonlyMap<string, string>;
  readonly #locks: KeyLocks;
  readonly #wait: LockWait;
  readonly #writes = new Map<string, string | null>();
  #writtenBytes = 0;
  #isSealed = false;

  constructor(transaction: string, committed: ReadonlyMap<string, string>, locks: KeyLocks, wait: LockWait) {
    this.#transaction = transaction;
    this.#committed = committed;
    this.#locks = locks;
    this.#wait = wait;
  }

  async get(key: string): Promise<string | undefined> {
    await this.#lock(key, 'shared');
    return this.#read(key);
  }

  async getForUpdate(key: string): Promise<string | undefined> {
    await this.#lock(key, 'exclusive');
    return this.#read(key);
  }

  async put(key: string, value: string): Promise<void> {
    if (typeof value !== 'string') throw new InvalidInputError(`The value of the key "${key}" is not a string: use JSON.stringify.`);
    await this.#lock(key, 'exclusive');
    this.#write(key, value);
  }

  async delete(key: string): Promise<void> {
    await this.#lock(key, 'exclusive');
    this.#write(key, null);
  }

  async entries(prefix = ''): Promise<readonly (readonly [string, string])[]> {
    const keys = new Set([...this.#committed.keys(), ...this.#writes.keys()].filter((key) => key.startsWith(prefix)));
    const found: [string, string][] = [];
    for (const key of [...keys].sort()) {
      await this.#lock(key, 'shared');
      const value = this.#read(key);
      if (value !== undefined) found.push([key, value]);
    }
    return found;
  }

  /** Ends the work, also calls that wait for a lock; returns what was written. */
  seal(): Writes {
    this.#isSealed = true;
    this.#locks.endWaits(this.#transaction);
    return [...this.#writes];
  }

  async #lock(key: string, mode: LockMode): Promise<void> {
    this.#assertWorking();
    const bytes = typeof key === 'string' ? Buffer.byteLength(key) : 0;
    if (bytes === 0 || bytes > MAX_KEY_BYTES)
      throw new InvalidInputError(`A key is a string of 1 to ${MAX_KEY_BYTES} bytes, not of ${bytes}.`);
    await this.#locks.acquire(this.#transaction, key, mode, this.#wait);
    // The transaction may have ended between the grant and this line.
    this.#assertWorking();
  }

  #read(key: string): string | undefined {
    const own = this.#writes.get(key);
    return own === undefined ? this.#committed.get(key) : (own ?? undefined);
  }

  #write(key: string, value: string | null): void {
    const before = this.#writes.get(key);
    const bytes = this.#writtenBytes - (before === undefined ? 0 : writeBytes(key, before)) + writeBytes(key, value);
    if (bytes > MAX_WRITES_BYTES) {
      throw new InvalidInputError(
        `With the key "${key}" the transaction would write ${bytes} bytes; the bound is ${MAX_WRITES_BYTES}. Nothing was written: use several transactions.`,
      );
    }
    this.#writtenBytes = bytes;
    this.#writes.set(key, value);
  }

  #assertWorking(): void {
    if (!this.#isSealed) return;
    throw new CrossboundError(
      'BRANCH_ENDED',
      'terminal',
      `The transaction ${this.#transaction} takes no more work: it is being committed, or has ended. Await every call before the transaction's function returns.`,
    );
  }
}

function writeBytes(key: string, value: string | null): number {
  return WRITE_OVERHEAD_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value ?? '');
}
