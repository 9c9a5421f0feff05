import type { Environment } from '../../protocol/environment.ts';
import { CrossboundError } from '../../protocol/errors.ts';

export type LockMode = 'shared' | 'exclusive';

/** Past this the key is a bottleneck that waiting does not mend. */
export const MAX_WAITERS_PER_KEY = 1_000;

/** A lock was not given; what the branch holds is unchanged. Roll the whole transaction back and try it again. */
export class LockRefusedError extends CrossboundError {
  override readonly name = 'LockRefusedError';

  constructor(code: 'LOCK_TIMEOUT' | 'LOCK_CONFLICT' | 'LOCK_QUEUE_FULL' | 'BRANCH_ENDED', message: string, options?: { cause?: unknown }) {
    super(code, code === 'BRANCH_ENDED' ? 'terminal' : 'retryable', message, options);
  }
}

/** How long one wait for a lock may last, and what ends it early. */
export interface LockWait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Waiter {
  readonly owner: string;
  readonly mode: LockMode;
  /** It holds the key shared and wants it exclusively. */
  readonly isUpgrade: boolean;
  settle(error?: LockRefusedError): void;
}

interface LockedKey {
  readonly holders: Map<string, LockMode>;
  readonly queue: Waiter[];
}

/**
 * Locks on keys, shared or exclusive, for strict two-phase locking: an owner gathers locks and gives them all back at its
 * end. Invariants, cited by the tests:
 *
 * 1. An exclusive holder of a key is its only holder.
 * 2. Waiters are served in the order in which they came; only an upgrade goes before them, since they wait for it anyway.
 * 3. Every wait ends: granted, timed out, aborted, or with its owner. Deadlocks end by the time-out, except that of two
 *    upgrades of one key, which is refused at once.
 */
export class KeyLocks {
  readonly #environment: Pick<Environment, 'setTimer'>;
  readonly #keys = new Map<string, LockedKey>();
  readonly #keysOf = new Map<string, Set<string>>();
  readonly #waitsOf = new Map<string, Set<Waiter>>();

  constructor(environment: Pick<Environment, 'setTimer'>) {
    this.#environment = environment;
  }

  /** Resolves when `owner` holds `key` in at least `mode`. Rejects with {@link LockRefusedError}. */
  async acquire(owner: string, key: string, mode: LockMode, wait: LockWait): Promise<void> {
    const locked = this.#locked(key);
    const held = locked.holders.get(owner);
    if (held === 'exclusive' || held === mode) return;
    const isUpgrade = held === 'shared';
    if (mayHold(locked, owner, mode) && (isUpgrade || locked.queue.length === 0)) {
      this.#grant(locked, key, owner, mode);
      return;
    }
    if (wait.signal.aborted) throw ended(key, wait.signal.reason);
    if (isUpgrade && locked.queue.some((waiter) => waiter.isUpgrade && waiter.owner !== owner)) {
      throw new LockRefusedError(
        'LOCK_CONFLICT',
        `Another transaction that has read the key "${key}" waits to change it, so this one never could. Try the transaction again, reading with getForUpdate.`,
      );
    }
    if (locked.queue.length >= MAX_WAITERS_PER_KEY) {
      throw new LockRefusedError(
        'LOCK_QUEUE_FULL',
        `${MAX_WAITERS_PER_KEY} transactions wait for the key "${key}" already. Try again later.`,
      );
    }
    await this.#wait(locked, key, owner, mode, isUpgrade, wait);
  }

  /** Gives `owner` an exclusive lock at once. For recovery, before anyone else asks; throws when somebody holds the key. */
  retake(owner: string, key: string): void {
    const locked = this.#locked(key);
    if (!mayHold(locked, owner, 'exclusive')) throw new Error(`two prepared branches hold the key "${key}"`);
    this.#grant(locked, key, owner, 'exclusive');
  }

  /** Ends the waits of `owner`; what it holds it keeps. */
  endWaits(owner: string): void {
    for (const waiter of [...(this.#waitsOf.get(owner) ?? [])]) waiter.settle(ended('', undefined));
  }

  /** Ends the waits of `owner` and gives back all that it holds. */
  release(owner: string): void {
    this.endWaits(owner);
    for (const key of this.#keysOf.get(owner) ?? []) {
      const locked = this.#locked(key);
      locked.holders.delete(owner);
      this.#serve(locked, key);
    }
    this.#keysOf.delete(owner);
  }

  /** How many keys are locked or waited for. */
  get size(): number {
    return this.#keys.size;
  }

  #locked(key: string): LockedKey {
    const locked = this.#keys.get(key) ?? { holders: new Map(), queue: [] };
    this.#keys.set(key, locked);
    return locked;
  }

  #grant(locked: LockedKey, key: string, owner: string, mode: LockMode): void {
    if (locked.holders.get(owner) !== 'exclusive') locked.holders.set(owner, mode);
    const keys = this.#keysOf.get(owner) ?? new Set();
    this.#keysOf.set(owner, keys.add(key));
  }

  #wait(locked: LockedKey, key: string, owner: string, mode: LockMode, isUpgrade: boolean, wait: LockWait): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = locked.queue.indexOf(waiter);
        if (at !== -1) locked.queue.splice(at, 1);
        this.#waitsOf.get(owner)?.delete(waiter);
        if (this.#waitsOf.get(owner)?.size === 0) this.#waitsOf.delete(owner);
        cancelTimer();
        wait.signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        owner,
        mode,
        isUpgrade,
        settle: (error) => {
          leave();
          if (!error) return resolve();
          reject(error);
          this.#serve(locked, key);
        },
      };
      const onAbort = () => waiter.settle(ended(key, wait.signal.reason));
      const cancelTimer = this.#environment.setTimer(wait.timeoutMs, () => waiter.settle(timedOut(locked, key, wait.timeoutMs)));
      wait.signal.addEventListener('abort', onAbort);
      if (isUpgrade) locked.queue.unshift(waiter);
      else locked.queue.push(waiter);
      const waits = this.#waitsOf.get(owner) ?? new Set();
      this.#waitsOf.set(owner, waits.add(waiter));
    });
  }

  /** Grants what the front of the queue may have now. */
  #serve(locked: LockedKey, key: string): void {
    for (let next = locked.queue[0]; next && mayHold(locked, next.owner, next.mode); next = locked.queue[0]) {
      this.#grant(locked, key, next.owner, next.mode);
      next.settle();
    }
    if (locked.holders.size === 0 && locked.queue.length === 0) this.#keys.delete(key);
  }
}

function mayHold(locked: LockedKey, owner: string, mode: LockMode): boolean {
  for (const [holder, held] of locked.holders) {
    if (holder !== owner && (mode === 'exclusive' || held === 'exclusive')) return false;
  }
  return true;
}

function timedOut(locked: LockedKey, key: string, timeoutMs: number): LockRefusedError {
  const holders = [...locked.holders.keys()].slice(0, 3).join(', ');
  return new LockRefusedError(
    'LOCK_TIMEOUT',
    `The key "${key}" was not free within ${timeoutMs} ms (held by ${holders || 'those who waited before'}). Try the transaction again.`,
  );
}

function ended(key: string, cause: unknown): LockRefusedError {
  return new LockRefusedError('BRANCH_ENDED', `The branch ended while it waited for the lock on a key${key && ` ("${key}")`}.`, { cause });
}
