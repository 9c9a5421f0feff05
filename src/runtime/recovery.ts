import type { Store } from './branch-driver.ts';
import { ignore } from './deadline.ts';
import type { LiveTransactions } from './live-transactions.ts';
import { assertLogNotMissing, type OpenedStores } from './open-stores.ts';
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
}

/** Finishes what earlier incarnations have left: at start in the stores that are open, and in each other one when it joins. */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #remains: Remains;

  constructor(parts: RecoveryParts, remains: Remains) {
    this.#parts = parts;
    this.#remains = remains;
  }

  start({ inDoubt, joining }: OpenedStores): void {
    const { surroundings, live, revival } = this.#parts;
    for (const { participant } of joining.keys()) live.awaits(participant.name);
    recover(surroundings, this.#remains, [...inDoubt.keys(), ...joining.keys()], revival);
    for (const store of inDoubt.keys()) serve(store);
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
    serve(store);
  }
}

function serve({ presence, heartbeat }: Store): void {
  presence.opened();
  heartbeat.start();
}
