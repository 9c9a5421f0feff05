import type { Environment, FileHandle } from '../protocol/environment.ts';
import { CrossboundError, FencedError, InvalidInputError, LogPoisonedError } from '../protocol/errors.ts';
import { encodeFrames, encodeHeader, FRAME_OVERHEAD_BYTES, MAX_PAYLOAD_BYTES } from './frame.ts';
import { Room } from './room.ts';

/** What {@link FileLog.open} must know of the decoded content; a `DecodedLog` fits. */
export interface LogContent {
  readonly records: readonly unknown[];
  readonly validLength: number;
  readonly confirmedLength: number;
}

export interface FileLogOptions {
  /** Bound on the bytes that were appended and are not yet flushed. Default 64 MiB. */
  readonly maxUnflushedBytes?: number;
  /** From this size on the log is full: it takes no more decisions to commit. Default 1 GiB. */
  readonly maxLogBytes?: number;
  /** Told, before anyone waiting is, that the records up to `position` are on stable storage; positions only grow. */
  readonly onFlushed?: (position: number) => void;
}

/** Holds eight of the largest records; what a crash can take from those who did not wait. */
export const DEFAULT_MAX_UNFLUSHED_BYTES = 64 * 1024 * 1024;
/** A log is read into memory at once to be recovered. */
export const DEFAULT_MAX_LOG_BYTES = 1024 * 1024 * 1024;

interface FlushWaiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * An append-only file of records. It guarantees, and the tests cite:
 *
 * 1. Records keep the order of `append`; after a crash a prefix is found that has at least what `flushed` resolved for.
 * 2. At most one flush is under way. It covers what was written before it began; later records wait for the next.
 * 3. The first write or flush that fails poisons the log: every waiter and every later call is rejected, and nothing is
 *    tried again, because after a failed flush the operating system may report as clean what it has lost.
 * 4. What `open` returns is on stable storage, also records that the process before had written but not flushed.
 * 5. Nothing is written over what somebody else wrote: a length that is not this log's own poisons it before the write. The
 *    lock keeps others out; this is for a lock that was lost, and finds all but one who writes at the same instant.
 *
 * A record that nobody waits for is written at once and flushed with the next flush, or by {@link FileLog.close}.
 */
export class FileLog {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #room: Room;
  readonly #maxLogBytes: number;
  readonly #onFlushed: (position: number) => void;
  /** Bytes in the file, and positions: appended >= written >= durable. */
  #length: number;
  #appended: number;
  #written: number;
  #durable: number;
  /** The highest position that somebody waits for. */
  #wanted = 0;
  #pending: Uint8Array[] = [];
  /** Bytes in the file that no flush has covered yet. */
  #unflushedBytes = 0;
  #flushWaiters: FlushWaiter[] = [];
  #failure: LogPoisonedError | undefined;
  #closing: Promise<void> | undefined;
  #working: Promise<void> | undefined;

  private constructor(path: string, handle: FileHandle, length: number, head: number, options: FileLogOptions) {
    this.path = path;
    this.#handle = handle;
    this.#length = length;
    this.#appended = head;
    this.#written = head;
    this.#durable = head;
    this.#room = new Room(options.maxUnflushedBytes ?? DEFAULT_MAX_UNFLUSHED_BYTES);
    this.#maxLogBytes = options.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES;
    this.#onFlushed = options.onFlushed ?? (() => undefined);
  }

  /**
   * Opens the log, creating it where missing, cuts a torn tail, and makes all that remains durable. The caller holds the
   * lock on the directory.
   *
   * @param decode - turns the bytes of the file into records; when it throws, the file has not been touched.
   */
  static async open<Content extends LogContent>(
    path: string,
    environment: Pick<Environment, 'files'>,
    decode: (bytes: Uint8Array, path: string) => Content,
    options: FileLogOptions = {},
  ): Promise<{ log: FileLog; content: Content }> {
    const handle = await environment.files.open(path);
    try {
      const bytes = await handle.read();
      const content = decode(bytes, path);
      const length = await makeDurable(handle, bytes, content);
      return { log: new FileLog(path, handle, length, content.records.length, options), content };
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  /** The position of the last record appended; 0 when there is none. */
  get head(): number {
    return this.#appended;
  }

  /** The position up to which all records are on stable storage. */
  get durableHead(): number {
    return this.#durable;
  }

  /** Why the log takes no more records, once it is poisoned. */
  get failure(): LogPoisonedError | undefined {
    return this.#failure;
  }

  /** The file has reached its bound: start nothing new. Outcomes of what was started may still be appended. */
  get isFull(): boolean {
    return this.#length >= this.#maxLogBytes;
  }

  /**
   * Appends one record, of 1 to {@link MAX_PAYLOAD_BYTES} bytes that the caller no longer changes, and returns its
   * position. It is in order from now on, and durable when {@link FileLog.flushed} says so. Use {@link FileLog.whenRoom}
   * to wait instead of being refused when the bound on unflushed bytes is reached (`LOG_OVERLOADED`; nothing is appended).
   */
  append(payload: Uint8Array): number {
    this.#assertUsable();
    if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES) {
      throw new InvalidInputError(`A log record has 1 to ${MAX_PAYLOAD_BYTES} bytes, not ${payload.length}.`);
    }
    const size = FRAME_OVERHEAD_BYTES + payload.length;
    if (!this.#room.fits(size)) throw this.#overloaded();
    this.#room.take(size);
    this.#pending.push(payload);
    this.#appended += 1;
    this.#wake();
    return this.#appended;
  }

  /** Runs `append` in the same tick in which there is room for a payload of `bytes`; first come, first served. */
  async whenRoom<Value>(bytes: number, append: () => Value): Promise<Value> {
    this.#assertUsable();
    const appended = this.#room.whenFits(FRAME_OVERHEAD_BYTES + bytes, append, () => this.#overloaded());
    this.#wake();
    return appended;
  }

  /** Resolves when the records up to `position` are on stable storage. Rejects with {@link LogPoisonedError}. */
  flushed(position: number): Promise<void> {
    if (position <= this.#durable) return Promise.resolve();
    if (this.#failure) return Promise.reject(this.#failure);
    if (position > this.#appended) return Promise.reject(new RangeError(`nothing was appended at position ${position}`));
    return new Promise((resolve, reject) => {
      this.#flushWaiters.push({ position, resolve, reject });
      this.#wanted = Math.max(this.#wanted, position);
      this.#wake();
    });
  }

  /**
   * Flushes everything appended, also what nobody waits for, and closes the file. Rejects when that flush fails; a log that
   * was poisoned before is only closed, since everybody concerned has been told.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#failure !== undefined);
    return this.#closing;
  }

  async #close(wasPoisoned: boolean): Promise<void> {
    this.#wanted = this.#appended;
    this.#wake();
    await this.#working;
    await this.#handle.close();
    if (this.#failure && !wasPoisoned) throw this.#failure;
  }

  #assertUsable(): void {
    if (this.#failure) throw this.#failure;
    if (this.#closing !== undefined) throw new CrossboundError('LOG_CLOSED', 'terminal', `The log ${this.path} is closed.`);
  }

  #overloaded(): CrossboundError {
    return new CrossboundError(
      'LOG_OVERLOADED',
      'retryable',
      `The log ${this.path} has ${this.#room.used} bytes waiting for the disk, its bound. Nothing was appended; try again later.`,
    );
  }

  get #mustFlush(): boolean {
    return this.#written > this.#durable && (this.#wanted > this.#durable || this.#room.isAwaited);
  }

  #wake(): void {
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    // Whoever appends in this tick joins the first write.
    await Promise.resolve();
    try {
      while (!this.#failure && (this.#pending.length > 0 || this.#mustFlush)) {
        if (this.#pending.length > 0) await this.#writePending();
        if (this.#mustFlush) await this.#flush();
      }
    } catch (error) {
      this.#poison(error);
    }
    this.#working = undefined;
  }

  async #writePending(): Promise<void> {
    await this.#assertUntouched();
    // Only now, so that what was appended in the meantime joins this write.
    const batch = this.#pending;
    this.#pending = [];
    const bytes = encodeFrames(batch, this.#written + 1, this.#durable);
    await this.#handle.write(bytes, this.#length);
    this.#length += bytes.length;
    this.#unflushedBytes += bytes.length;
    this.#written += batch.length;
  }

  async #assertUntouched(): Promise<void> {
    const size = await this.#handle.size();
    if (size === this.#length) return;
    throw new FencedError(
      `another process has written to ${this.path}, which has ${size} bytes where ${this.#length} were expected; its lock was lost, as when this process opens or copies the lock file`,
    );
  }

  async #flush(): Promise<void> {
    const covered = this.#written;
    await this.#handle.sync();
    this.#durable = covered;
    this.#onFlushed(covered);
    const waiters = this.#flushWaiters;
    this.#flushWaiters = waiters.filter(({ position }) => position > covered);
    for (const { position, resolve } of waiters) if (position <= covered) resolve();
    const flushedBytes = this.#unflushedBytes;
    this.#unflushedBytes = 0;
    this.#room.free(flushedBytes);
  }

  #poison(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice =
      cause instanceof FencedError
        ? 'Stop all processes that use the directory, then start one'
        : 'Make room or mend the disk, then start again';
    this.#failure = new LogPoisonedError(
      `The log ${this.path} could not be written or flushed (${why}) and takes no more records. ${advice}: recovery finds out what was kept.`,
      { cause },
    );
    for (const { reject } of this.#flushWaiters.splice(0)) reject(this.#failure);
    this.#room.rejectAll(this.#failure);
    this.#pending = [];
  }
}

/** Makes the file hold `content` and nothing else, on stable storage; returns its length. */
async function makeDurable(handle: FileHandle, bytes: Uint8Array, content: LogContent): Promise<number> {
  const { validLength, confirmedLength } = content;
  const header = encodeHeader();
  if (bytes.length > validLength) await handle.truncate(validLength);
  if (validLength === 0) {
    await handle.write(header, 0);
  } else {
    // Where the last owner's flush failed, these bytes may be in the cache only and marked clean there: a flush alone
    // would pass over them. Written again, they are really flushed. A torn write of the same bytes changes nothing.
    await handle.write(bytes.subarray(confirmedLength, validLength), confirmedLength);
  }
  await handle.sync();
  return Math.max(validLength, header.length);
}
