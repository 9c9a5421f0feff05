/**
 * Work that is done once, however often it is asked for.
 *
 * 1. Of the calls under one key at most one is running its work. The others wait for it, and get what it committed.
 * 2. A key is taken for good by the commit record that has it, no sooner and no later: after a roll-back it is free.
 * 3. While a commit under it is in doubt nobody may run the work again: each is told so.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Environment } from '../protocol/environment.ts';
import { CrossboundError, InDoubtError, type TransactionAbortedError } from '../protocol/errors.ts';
import type { CoordinatorRecord, Idempotency } from '../protocol/log-record.ts';
import { inDoubt, resultNotStorable, throwIfAborted } from './abort-reasons.ts';
import { ignore } from './deadline.ts';
import type { Limits } from './options.ts';
import type { Outcome } from './recent-outcomes.ts';

/** How long a call waits for another one with its key. */
export interface KeyWait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The right to run the work of a key, until its outcome is known. */
export class KeyClaim {
  readonly #key: string;
  readonly #maxResultBytes: number;
  readonly #ended = Promise.withResolvers<void>();
  #idempotency: Idempotency | undefined;
  #inDoubt: string | undefined;

  constructor(key: string, maxResultBytes: number) {
    this.#key = key;
    this.#maxResultBytes = maxResultBytes;
  }

  /** What goes into the commit record, once there is a result. */
  get idempotency(): Idempotency | undefined {
    return this.#idempotency;
  }

  /** The transaction that this key is in doubt about. */
  get inDoubt(): string | undefined {
    return this.#inDoubt;
  }

  /** Resolves when the call that runs the work has its answer. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Takes what the work returned; returns why that is not possible, if it is not. */
  keep(transaction: string, value: unknown): TransactionAbortedError | undefined {
    try {
      this.#idempotency = { key: this.#key, ...storable(value, this.#maxResultBytes) };
      return undefined;
    } catch (error) {
      return resultNotStorable(transaction, error instanceof Error ? error.message : String(error));
    }
  }

  /** @param transaction - where that is in doubt. */
  end(transaction?: string): void {
    this.#inDoubt = transaction;
    this.#ended.resolve();
  }
}

export class IdempotencyKeys {
  readonly #environment: Pick<Environment, 'setTimer'>;
  readonly #limits: Limits;
  readonly #claims = new Map<string, KeyClaim>();
  /** What was committed, in the order of the commits. */
  readonly #results = new Map<string, Idempotency>();
  #waiting = 0;

  constructor(environment: Pick<Environment, 'setTimer'>, limits: Limits) {
    this.#environment = environment;
    this.#limits = limits;
  }

  /** Remembers the keys of a log, in its order. */
  recover(records: readonly CoordinatorRecord[]): void {
    for (const record of records) if (record.type === 'Commit' && record.idempotency) this.#remember(record.idempotency);
  }

  /** Runs `work` for the first who comes with the key; the others get what it committed. */
  async once<Value>(key: string, wait: KeyWait, work: (claim: KeyClaim) => Promise<Value>): Promise<Value> {
    const known = this.#claims.has(key) ? await this.#claimAfterOthers(key, wait) : this.#claim(key);
    if (!(known instanceof KeyClaim)) {
      // Anew each time: the callers may change what they get.
      return known.result === undefined ? (undefined as Value) : JSON.parse(known.result);
    }
    try {
      const value = await work(known);
      known.end();
      return value;
    } catch (error) {
      // A roll-back, and a commit that is known in the meantime, have released the claim.
      const isOpen = error instanceof InDoubtError && this.#claims.get(key) === known;
      if (!isOpen) this.#release(key, known);
      known.end(isOpen ? error.transaction : undefined);
      throw error;
    }
  }

  /** The transaction that has the claim has an outcome. */
  decided(claim: KeyClaim, outcome: Outcome): void {
    const { idempotency } = claim;
    if (idempotency === undefined) return;
    if (outcome === 'committed') this.#remember(idempotency);
    this.#release(idempotency.key, claim);
  }

  #remember(idempotency: Idempotency): void {
    this.#results.set(idempotency.key, idempotency);
    if (this.#results.size <= this.#limits.idempotencyKeys) return;
    const [oldest] = this.#results.keys();
    if (oldest !== undefined) this.#results.delete(oldest);
  }

  #release(key: string, claim: KeyClaim): void {
    if (this.#claims.get(key) === claim) this.#claims.delete(key);
  }

  /** What was committed under a key that nobody has, or the claim to it. */
  #claim(key: string): KeyClaim | Idempotency {
    const known = this.#results.get(key);
    if (known) return known;
    const claim = new KeyClaim(key, this.#limits.idempotentResultBytes);
    this.#claims.set(key, claim);
    return claim;
  }

  /** The same once nobody has the key, in that very moment: of several who wait only one may find it free. */
  async #claimAfterOthers(key: string, { timeoutMs, signal }: KeyWait): Promise<KeyClaim | Idempotency> {
    throwIfAborted(signal);
    const { maxQueued } = this.#limits;
    if (this.#waiting >= maxQueued) {
      throw busy('OVERLOADED', `${maxQueued} calls wait for others with their idempotency key, the bound limits.maxQueued`);
    }
    const given = Promise.withResolvers<never>();
    given.promise.catch(ignore);
    const giveUp = () =>
      given.reject(busy('IDEMPOTENCY_KEY_BUSY', `Another call with the idempotency key "${key}" is still under way after ${timeoutMs} ms`));
    const cancel = this.#environment.setTimer(timeoutMs, giveUp);
    const onAbort = () => given.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiting += 1;
    try {
      for (let claim = this.#claims.get(key); claim; claim = this.#claims.get(key)) {
        if (claim.inDoubt !== undefined) throw inDoubt(claim.inDoubt, `an earlier call with the idempotency key "${key}" was told so`);
        await Promise.race([claim.ended, given.promise]);
      }
      return this.#claim(key);
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    } finally {
      this.#waiting -= 1;
      cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

function busy(code: string, why: string): CrossboundError {
  return new CrossboundError(code, 'retryable', `${why}. Nothing was begun; try again later.`);
}

/** @throws Error that says why the next one who comes could not be given the same. */
function storable(value: unknown, maxBytes: number): { readonly result?: string } {
  if (value === undefined) return {};
  const result: string | undefined = JSON.stringify(value);
  if (result === undefined || !isDeepStrictEqual(JSON.parse(result), value)) {
    throw new Error(
      'it would not come back from JSON as it is. Return plain objects, lists, texts, finite numbers, true, false, null, or nothing.',
    );
  }
  const bytes = Buffer.byteLength(result);
  if (bytes > maxBytes) throw new Error(`it has ${bytes} bytes as JSON, and may have ${maxBytes} (limits.idempotentResultBytes).`);
  return { result };
}
