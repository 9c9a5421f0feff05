import { InvalidInputError, type TransactionAbortedError } from '../protocol/errors.ts';
import { enlistPending, participantFailed, participantUnavailable } from './abort-reasons.ts';
import type { Store } from './branch-driver.ts';
import type { CoordinatorDriver } from './coordinator-driver.ts';
import { begun } from './deadline.ts';
import { findStore } from './find-store.ts';
import type { EnlistOptions, Participant } from './participant.ts';

/** The transaction that takes participants in. */
export interface EnlistingTransaction {
  readonly id: string;
  readonly driver: CoordinatorDriver;
  /** Aborts when it is rolled back. */
  readonly signal: AbortSignal;
  /** Tells when it is rolled back, and why. */
  onLost(tell: (reason: TransactionAbortedError) => void): void;
  /** Why it was rolled back, if it was. */
  readonly reason: TransactionAbortedError | undefined;
  /** Throws where it is over. */
  assertOpen(action: string): void;
  abort(reason: TransactionAbortedError, failed?: readonly string[]): void;
}

/** Options whose signal is made when a participant asks for it. */
class LazyEnlistOptions implements EnlistOptions {
  readonly timeoutMs: number;
  readonly #transaction: EnlistingTransaction;

  constructor(timeoutMs: number, transaction: EnlistingTransaction) {
    this.timeoutMs = timeoutMs;
    this.#transaction = transaction;
  }

  get signal(): AbortSignal {
    return this.#transaction.signal;
  }
}

/** The participants that one transaction has taken in, or is taking in. */
export class Enlistments {
  readonly #transaction: EnlistingTransaction;
  readonly #stores: ReadonlyMap<string, Store>;
  readonly #waitMs: number;
  readonly #handles = new Map<string, Promise<unknown>>();
  readonly #pending = new Set<string>();

  /** @param waitMs - the bound for a wait inside a participant. */
  constructor(transaction: EnlistingTransaction, stores: ReadonlyMap<string, Store>, waitMs: number) {
    this.#transaction = transaction;
    this.#stores = stores;
    this.#waitMs = waitMs;
  }

  get isEmpty(): boolean {
    return this.#handles.size === 0;
  }

  /** The names of those that are not there yet. */
  get pending(): readonly string[] {
    return [...this.#pending];
  }

  /** Why the transaction cannot be committed yet, if it cannot. */
  get pendingReason(): TransactionAbortedError | undefined {
    return this.#pending.size === 0 ? undefined : enlistPending(this.#transaction.id, this.pending);
  }

  enlist(participant: string | Participant): Promise<unknown> {
    return begun(() => this.#once(this.#find(participant), (store) => this.#enlist(store)));
  }

  /** Resolves with nothing where the participant is not there, and the transaction goes on without it. */
  async enlistOptional(participant: string | Participant): Promise<unknown> {
    const store = this.#find(participant);
    const { presence } = store;
    if (presence.policy.policy !== 'optional') {
      throw new InvalidInputError(
        `The participant "${presence.participant}" is not optional. Take it in with enlist, or declare it: whenDown: { ${JSON.stringify(presence.participant)}: 'optional' }.`,
      );
    }
    if (presence.isUp || this.#handles.has(presence.participant)) return this.#once(store, () => this.#enlistOrSkip(store));
    presence.skip();
    return undefined;
  }

  #find(participant: string | Participant): Store {
    this.#transaction.assertOpen('enlist a participant');
    return findStore(this.#stores, participant);
  }

  #once(store: Store, enlist: (store: Store) => Promise<unknown>): Promise<unknown> {
    const { name } = store.participant;
    const handle = this.#handles.get(name) ?? enlist(store);
    this.#handles.set(name, handle);
    return handle;
  }

  async #enlist(store: Store): Promise<unknown> {
    const { id } = this.#transaction;
    const { name } = store.participant;
    this.#pending.add(name);
    try {
      if (!store.presence.isUp) await this.#untilUp(store);
      return await this.#begin(store);
    } catch (error) {
      this.#transaction.abort(participantFailed(id, name, 'could not be enlisted', error), [name]);
      throw this.#transaction.reason ?? error;
    } finally {
      this.#pending.delete(name);
    }
  }

  async #untilUp(store: Store): Promise<void> {
    const { signal } = this.#transaction;
    try {
      await store.presence.whenUp(signal);
    } catch (error) {
      this.#transaction.abort(participantUnavailable(this.#transaction.id, error));
      throw error;
    }
    // It may have been rolled back in the meantime.
    signal.throwIfAborted();
  }

  async #enlistOrSkip(store: Store): Promise<unknown> {
    const { name } = store.participant;
    this.#pending.add(name);
    try {
      return await this.#begin(store);
    } catch (error) {
      if (this.#transaction.reason) throw this.#transaction.reason;
      // What enlist rejects holds nothing, so nobody has to be told of it.
      this.#transaction.driver.removeBranch(name);
      this.#handles.delete(name);
      store.presence.skip(error);
      return undefined;
    } finally {
      this.#pending.delete(name);
    }
  }

  #begin(store: Store): Promise<unknown> {
    const transaction = this.#transaction;
    const options = new LazyEnlistOptions(this.#waitMs, transaction);
    return new Promise((resolve, reject) => {
      transaction.driver.addBranch(store).enlist(options).then(resolve, reject);
      transaction.onLost(reject);
    });
  }
}
