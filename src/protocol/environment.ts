/**
 * Everything that a run of Crossbound takes from outside: time, timers, randomness and files.
 * The production implementation is `nodeEnvironment`; a simulator owns all four by passing its own.
 */
export interface Environment {
  /** Wall-clock time in milliseconds since the Unix epoch. Used for reports and ages, never for a decision. */
  now(): number;
  /** Time that only grows, in milliseconds with fractions, from any origin. Used for durations in reports. Where it is missing `now` is taken. */
  monotonicMs?(): number;
  /**
   * Calls `fire` once after `delayMs`, unless the returned function is called first.
   *
   * @param isBackground - it repeats for ever: by itself it is no reason for the process to live on, nor for a simulation to go on.
   */
  setTimer(delayMs: number, fire: () => void, isBackground?: boolean): () => void;
  /** Fills and returns `length` random bytes: transaction identifiers and retry jitter. */
  randomBytes(length: number): Uint8Array;
  readonly files: FileSystem;
}

/** The few file operations that a log needs. Each rejects with the operating system's error (`code` such as `ENOSPC`). */
export interface FileSystem {
  /** Makes the directory and its parents where they are missing. Their entries are durable when this resolves. */
  makeDirectory(path: string): Promise<void>;
  /** Opens for reading and writing, created empty where missing. The directory entry is durable when this resolves, whoever created it. */
  open(path: string): Promise<FileHandle>;
  /**
   * Takes a lock on `path` that the operating system releases when this process dies; rejects with {@link LockedError} when
   * another holder lives, in another process or in this one. The file is the lock's own: nothing else opens it.
   */
  lock(path: string): Promise<FileLock>;
}

/** One open file. Callers serialise their own calls. */
export interface FileHandle {
  /** The whole content. */
  read(): Promise<Uint8Array>;
  /** The length of the file at this moment, in bytes, whoever wrote it. */
  size(): Promise<number>;
  /** Writes all of `bytes` at `position`; a short write is continued or rejects. Not durable before {@link FileHandle.sync}. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves when everything written before the call is on stable storage (fsync/fdatasync). */
  sync(): Promise<void>;
  /** Cuts or extends the file to `length` bytes. */
  truncate(length: number): Promise<void>;
  /** Releases the handle. Does not make anything durable. */
  close(): Promise<void>;
}

/** A held lock. */
export interface FileLock {
  /** Lets the next holder in. */
  release(): Promise<void>;
}
