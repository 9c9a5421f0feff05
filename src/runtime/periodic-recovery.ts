import type { CoordinatorSnapshot } from '../statecharts/coordinator.ts';
import { presumedAborted, recoveredCommit } from '../statecharts/coordinator.ts';
import type { Store } from './branch-driver.ts';
import { withDeadline } from './deadline.ts';
import { Periodic } from './periodic.ts';
import type { Outcome } from './recent-outcomes.ts';
import { askOrTell, type Revival, reviveBranch } from './start-up.ts';
import type { Surroundings } from './surroundings.ts';

/** After a store has come back it is looked into soon: what it holds may lock what others want. */
const BACK_DELAY_MS = 100;

/** What this log can say about transactions. */
export interface DecisionKnowledge {
  /** Whether this log would have the commit of the transaction, so that its silence means abort. */
  knows(transaction: string): boolean;
  outcome(transaction: string): Outcome | undefined;
}

/**
 * Looks into the stores again and again while the manager runs, for branches that nobody drives: what was given up as abandoned, and what a store shows
 * only now, after it was cut off or restored.
 *
 * A branch of a live transaction is never touched. An answer may be older than the end of a transaction, so what is found is asked about once
 * more: what a store still holds when it is asked after that end, nobody drives.
 */
export class PeriodicRecovery {
  readonly #surroundings: Surroundings;
  readonly #revival: Revival;
  readonly #knowledge: DecisionKnowledge;

  constructor(surroundings: Surroundings, revival: Revival, knowledge: DecisionKnowledge) {
    this.#surroundings = surroundings;
    this.#revival = revival;
    this.#knowledge = knowledge;
  }

  /** Looks into a store from now on, which is open. */
  watch(store: Store, intervalMs: number): void {
    const periodic = new Periodic(this.#surroundings, intervalMs, () => this.#lookInto(store));
    store.presence.onUp(() => periodic.soon(BACK_DELAY_MS));
    periodic.start();
  }

  async #lookInto(store: Store): Promise<void> {
    if (!store.presence.isUp) return;
    await this.#rollBackAbandoned(store);
    const found = await this.#orphansOf(store);
    if (found.length === 0) return;
    const still = new Set(await this.#orphansOf(store));
    for (const transaction of found) if (still.has(transaction)) this.#adopt(store, transaction);
  }

  /** They were decided when they were given up. A store that does not take one has no more put to it until the next round. */
  async #rollBackAbandoned({ participant, abandoned }: Store): Promise<void> {
    const { environment, timeouts, stopped } = this.#surroundings;
    for (const transaction of [...abandoned]) {
      stopped.throwIfAborted();
      const late = () => new Error(`no roll-back within ${timeouts.attemptMs} ms`);
      await withDeadline(environment, timeouts.attemptMs, participant.rollback(transaction), late, stopped);
      abandoned.delete(transaction);
    }
  }

  async #orphansOf({ inDoubt, abandoned }: Store): Promise<readonly string[]> {
    const transactions = await inDoubt.ask();
    return transactions.filter(
      (transaction) => this.#revival.get(transaction) === undefined && !abandoned.has(transaction) && this.#knowledge.knows(transaction),
    );
  }

  #adopt(store: Store, transaction: string): void {
    const { participant } = store;
    const driver = this.#revival.create(this.#snapshotOf(transaction, participant.name));
    this.#surroundings.record({ tx: transaction, action: 'CrashParticipant', rm: participant.name });
    askOrTell(driver, reviveBranch(this.#surroundings, driver, store));
  }

  #snapshotOf(transaction: string, participant: string): CoordinatorSnapshot {
    const isCommitted = this.#knowledge.outcome(transaction) === 'committed';
    // Nobody else has still to be told: all had acknowledged it, or it would be live.
    return isCommitted ? recoveredCommit({ type: 'Commit', tx: transaction, participants: [participant] }) : presumedAborted(transaction);
  }
}
