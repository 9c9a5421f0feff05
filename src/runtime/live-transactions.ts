import type { CrossboundError, TransactionAbortedError } from '../protocol/errors.ts';
import type { HandedOver } from './close-report.ts';
import type { CoordinatorDriver } from './coordinator-driver.ts';
import { ignore } from './deadline.ts';
import type { ManagedTransaction } from './managed-transaction.ts';
import { recoveryPending } from './start-up.ts';

/** A transaction that is not finished: `client` is absent where an earlier incarnation began it. */
interface LiveTransaction {
  driver: CoordinatorDriver | undefined;
  client: ManagedTransaction | undefined;
}

/** All transactions that are not finished: those that clients began here, and those that earlier incarnations left. */
export class LiveTransactions {
  readonly #live = new Map<string, LiveTransaction>();
  readonly #recovering = new Set<string>();
  /** Participants that may hold more of earlier incarnations, and have not been opened yet. */
  readonly #joining = new Set<string>();
  readonly #recovery = Promise.withResolvers<void>();
  #idle: () => void = ignore;

  constructor() {
    this.#recovery.promise.catch(ignore);
  }

  /** How many of earlier incarnations are left. */
  get recovering(): number {
    return this.#recovering.size;
  }

  /** How many have clients that were told that the outcome is not known, which it still is not. */
  get inDoubt(): number {
    let count = 0;
    for (const { client } of this.#live.values()) if (client?.isInDoubt) count += 1;
    return count;
  }

  get(transaction: string): CoordinatorDriver | undefined {
    return this.#live.get(transaction)?.driver;
  }

  *drivers(): Generator<CoordinatorDriver> {
    for (const { driver } of this.#live.values()) if (driver) yield driver;
  }

  /** One that a client began. */
  add(client: ManagedTransaction): void {
    this.#live.set(client.id, { client, driver: client.driver });
  }

  /** One that an earlier incarnation began. */
  revive(driver: CoordinatorDriver): void {
    this.#live.set(driver.transaction, { driver, client: undefined });
    this.#recovering.add(driver.transaction);
  }

  /** Nothing is known of what this participant holds, until {@link LiveTransactions.joined}. */
  awaits(participant: string): void {
    this.#joining.add(participant);
  }

  joined(participant: string): void {
    this.#joining.delete(participant);
    this.checkRecovered();
  }

  /** Lets go of one that is finished; tells whether a client had begun it. */
  finished(transaction: string): boolean {
    const live = this.#live.get(transaction);
    const hadClient = live?.client !== undefined;
    this.#live.delete(transaction);
    if (live) {
      // The tables that the Map has outgrown live until the next full collection, and with them whatever was in them.
      live.driver = undefined;
      live.client = undefined;
    }
    this.#recovering.delete(transaction);
    this.checkRecovered();
    this.#checkIdle();
    return hadClient;
  }

  /** Resolves when nothing of earlier incarnations is left, which {@link LiveTransactions.checkRecovered} finds out. */
  get recovered(): Promise<void> {
    return this.#recovery.promise;
  }

  checkRecovered(): void {
    if (this.#recovering.size === 0 && this.#joining.size === 0) this.#recovery.resolve();
  }

  /** What is told of those that are recovering when they take longer than `recoveryMs`. */
  recoveryPending(recoveryMs: number): CrossboundError {
    const drivers = [...this.#recovering].flatMap((id) => this.get(id) ?? []);
    return recoveryPending(drivers, this.#joining, recoveryMs);
  }

  /** Resolves when nothing is left that waiting could finish. */
  whenIdle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    this.#checkIdle();
    return promise;
  }

  /** Rolls back whatever can still be rolled back. */
  rollBackUndecided(reason: (transaction: string) => TransactionAbortedError): void {
    for (const { client } of [...this.#live.values()]) client?.abort(reason(client.id));
  }

  /** The manager has stopped: what is left is left to the next start. */
  leave(closed: CrossboundError): readonly HandedOver[] {
    this.#recovery.reject(closed);
    return [...this.#live.values()].flatMap(({ client, driver }) => {
      client?.leave();
      if (driver === undefined) return [];
      const participants = driver.branches.filter(({ isSettled }) => !isSettled).map(({ participant }) => participant);
      return { transaction: driver.transaction, outcome: driver.outcome ?? 'unknown', participants };
    });
  }

  #checkIdle(): void {
    for (const { driver } of this.#live.values()) if (!driver?.isUndecidable) return;
    this.#idle();
  }
}
