import type { FileHandle, FileLock, FileSystem } from '../../src/protocol/environment.ts';
import { LockedError } from '../../src/protocol/errors.ts';
import type { FaultSource, FileOperation } from './fault-source.ts';
import type { Incarnation } from './incarnation.ts';
import type { Random } from './random.ts';
import { SimulatedFile } from './simulated-file.ts';

/** Sees what reaches stable storage. */
export interface DiskObserver {
  /** `durable` is a view of the whole file: copy what is kept. */
  flushed(path: string, durable: Uint8Array): void;
  /** After a power failure: what is left, of a file that may have lost what was not flushed. */
  survived(path: string, durable: Uint8Array): void;
  /** Part of a write that was not flushed is there, and part of it is not. */
  torn(path: string): void;
  slow(): void;
  /** The power fails, in the middle of a flush. */
  losesPower(): void;
  /** An operation will fail, and whoever uses the disk will have to be started again. */
  failed(operation: FileOperation): void;
}

/** The disk of one machine. It outlives the processes that use it; what was not flushed may not outlive the power. */
export class SimulatedDisk {
  readonly #machine: string;
  readonly #random: Random;
  readonly #faults: FaultSource;
  readonly #observer: DiskObserver;
  readonly #files = new Map<string, SimulatedFile>();
  readonly #directories = new Set<string>();
  readonly #locks = new Map<string, Incarnation>();

  constructor(machine: string, random: Random, faults: FaultSource, observer: DiskObserver) {
    this.#machine = machine;
    this.#random = random;
    this.#faults = faults;
    this.#observer = observer;
  }

  /** The machine's power is gone, and with it the process that was using the disk. */
  losePower(): void {
    for (const [path, file] of this.#files) {
      if (file.losePower(this.#random)) this.#observer.torn(path);
      this.#observer.survived(path, file.durable());
    }
  }

  releaseLocks(holder: Incarnation): void {
    for (const [path, lock] of this.#locks) if (lock === holder) this.#locks.delete(path);
  }

  /** The file system as one process sees it. */
  filesOf(incarnation: Incarnation): FileSystem {
    return {
      makeDirectory: (path) => this.#do(incarnation, this.#random.between(0.1, 2), () => this.#makeDirectory(path)),
      open: (path) => this.#do(incarnation, this.#random.between(0.5, 5), () => this.#open(path, incarnation)),
      lock: (path) => this.#do(incarnation, this.#random.between(0.05, 0.2), () => this.#lock(path, incarnation)),
    };
  }

  #makeDirectory(path: string): void {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) this.#directories.add(path.slice(0, end));
  }

  #lock(path: string, incarnation: Incarnation): FileLock {
    this.#assertDirectory(path);
    if (this.#locks.has(path)) throw new LockedError(`${path} is locked by a process that lives.`);
    this.#locks.set(path, incarnation);
    return {
      release: async () => {
        if (this.#locks.get(path) === incarnation && incarnation.isAlive) this.#locks.delete(path);
      },
    };
  }

  #open(path: string, incarnation: Incarnation): FileHandle {
    this.#assertDirectory(path);
    const file = this.#files.get(path) ?? new SimulatedFile();
    this.#files.set(path, file);
    return {
      read: () => this.#operate(incarnation, 'read', this.#random.between(0.05, 0.5), () => file.read()),
      size: () => this.#do(incarnation, 0.005, () => file.size),
      write: (bytes, position) => this.#write(incarnation, file, bytes, position),
      sync: () => this.#sync(incarnation, path, file),
      truncate: (length) => this.#operate(incarnation, 'truncate', 0.05, () => file.truncate(length)),
      close: () => this.#do(incarnation, 0.01, () => undefined),
    };
  }

  #write(incarnation: Incarnation, file: SimulatedFile, bytes: Uint8Array, position: number): Promise<void> {
    // What a write that fails, or is cut off by the death of its process, has done by then.
    const begin = () => {
      const written = this.#random.below(bytes.length + 1);
      if (written > 0) file.write(bytes.subarray(0, written), position);
    };
    return this.#operate(incarnation, 'write', this.#random.between(0.01, 0.1), () => file.write(bytes, position), begin);
  }

  #sync(incarnation: Incarnation, path: string, file: SimulatedFile): Promise<void> {
    const covered = file.unflushed;
    const flush = () => {
      file.flush(covered);
      this.#observer.flushed(path, file.durable());
    };
    const fail = () => file.failFlush(covered, this.#random);
    const flushMs = this.#flushMs();
    if (this.#random.chance(this.#faults.rates.flushCrashes)) {
      incarnation.schedule(this.#random.between(0, flushMs), () => this.#observer.losesPower());
    }
    return this.#operate(incarnation, 'sync', flushMs, flush, fail, () => undefined);
  }

  #flushMs(): number {
    const flushMs = this.#random.between(0.3, 4);
    if (!this.#random.chance(this.#faults.rates.slowFlushes)) return flushMs;
    this.#observer.slow();
    return flushMs + this.#random.spread(10, 3_000);
  }

  /** An operation that may fail: `fail` is what it leaves behind then, `interrupted` what the death of the process leaves. */
  #operate<Result>(
    incarnation: Incarnation,
    operation: FileOperation,
    delayMs: number,
    work: () => Result,
    fail: () => void = () => undefined,
    interrupted: () => void = fail,
  ): Promise<Result> {
    const code = this.#faults.fileError(this.#machine, operation);
    if (code === undefined) return this.#do(incarnation, delayMs, work, interrupted);
    this.#observer.failed(operation);
    return this.#do(incarnation, delayMs, () => {
      fail();
      throw Object.assign(new Error(`${code}: ${operation} on ${this.#machine}`), { code });
    });
  }

  #do<Result>(incarnation: Incarnation, delayMs: number, work: () => Result, interrupted: () => void = () => undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      incarnation.scheduleForSystem(delayMs, run, interrupted);
    });
  }

  #assertDirectory(path: string): void {
    const directory = path.slice(0, path.lastIndexOf('/'));
    if (!this.#directories.has(directory)) throw Object.assign(new Error(`ENOENT: ${directory}`), { code: 'ENOENT' });
  }
}
