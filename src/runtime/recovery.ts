import type { Store } from './branch-driver.ts';
import { ignore } from './deadline.ts';
import type { LiveTransactions } from './live-transactions.ts';
import { assertLogNotMissing, type OpenedStores } from './open-stores.ts';
import type { RecoveryOptions } from './options.ts';
import { type DecisionKnowledge, PeriodicRecovery } from './periodic-recovery.ts';
import { type Remains, type Revival, recover, recoverStore } from './start-up.ts';
import type { Surroundings } from './surroundings.ts';

/** Whose recovery it is. */
export interface RecoveryParts {
  readonly surroundings: Surroundings;
  readonly coordinator: string;
  /** Where the decision log is, for people. */
  readonly logPlace: string;
  readonly live: LiveTransactions;
  readonly revival: Revival;
  readonly knowledge: DecisionKnowledge;
  readonly options: RecoveryOptions | false;
}

/** Finishes what earlier incarnations have left: at start in the stores that are open, in each other one when it joins, and then again and again. */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #remains: Remains;
  readonly #periodic: PeriodicRecovery;

  constructor(parts: RecoveryParts, remains: Remains) {
    this.#parts = parts;
    this.#remains = remains;
    this.#periodic = new PeriodicRecovery(parts.surroundings, parts.revival, parts.knowledge);
  }

  start({ inDoubt, joining }: OpenedStores): void {
    const { surroundings, live, revival } = this.#parts;
    for (const { participant } of joining.keys()) live.awaits(participant.name);
    recover(surroundings, this.#remains, [...inDoubt.keys(), ...joining.keys()], revival);
    for (const store of inDoubt.keys()) this.#serve(store);
    for (const [store, found] of joining) found.then((transactions) => this.#join(store, transactions)).catch(ignore);
  }

  async #join(store: Store, transactions: readonly string[]): Promise<void> {
    const { surroundings, coordinator, logPlace, live, revival } = this.#parts;
    try {
      surroundings.stopped.throwIfAborted();
      if (!this.#remains.hasPredecessor) assertLogNotMissing(coordinator, logPlace, new Map([[store, transactions]]));
    } catch (error) {
      store.presence.missed(error);
      await store.participant.close();
      return;
    }
    recoverStore(surroundings, this.#remains, store, transactions, revival);
    live.joined(store.participant.name);
    this.#serve(store);
  }

  #serve(store: Store): void {
    const { options } = this.#parts;
    store.presence.opened();
    store.heartbeat.start();
    if (options !== false) this.#periodic.watch(store, options.intervalMs);
  }
}
