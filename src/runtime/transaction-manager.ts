import { resolve as absolute } from 'node:path';
import type { DecisionLog } from '../log/decision-log.ts';
import type { TransactionAbortedError } from '../protocol/errors.ts';
import type { CoordinatorSnapshot } from '../statecharts/coordinator.ts';
import { recoverCoordinators } from '../statecharts/recover.ts';
import { closed, decisionRefused, throwIfAborted } from './abort-reasons.ts';
import { Admission } from './admission.ts';
import type { Store } from './branch-driver.ts';
import type { CloseReport } from './close-report.ts';
import { type Configuration, parseTransactionOptions, parseWorkOptions } from './configuration.ts';
import { CoordinatorDriver } from './coordinator-driver.ts';
import type { Crossbound, CrossboundStats, InDoubtBranch, TransactionOutcome } from './crossbound.ts';
import { ignore, withDeadline } from './deadline.ts';
import { DecisionWriter } from './decision-writer.ts';
import { type CrossboundHealth, healthOf } from './health.ts';
import { IdempotencyKeys, type KeyClaim } from './idempotency-keys.ts';
import { inDoubtIn } from './in-doubt-branches.ts';
import { LiveTransactions } from './live-transactions.ts';
import { ManagedTransaction } from './managed-transaction.ts';
import { assertLogNotMissing, type OpenedStores, openStores } from './open-stores.ts';
import type { TransactionOptions, WorkOptions } from './options.ts';
import { type Outcome, RecentOutcomes } from './recent-outcomes.ts';
import { Recovery } from './recovery.ts';
import { closeStores, shutDown } from './shut-down.ts';
import { assertAllKnown } from './start-up.ts';
import { storesOf } from './stores.ts';
import type { Surroundings } from './surroundings.ts';
import type { Transaction, TransactionScope } from './transaction.ts';
import { earlierPrefixes, newIncarnation, TransactionIds, transactionPrefix } from './transaction-ids.ts';

/** The options of one transaction, with every default filled in. */
interface TransactionSettings {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const NO_OPTIONS: TransactionOptions = {};
const NO_WORK_OPTIONS: WorkOptions = {};

/** All transactions of one process, with the log and the stores that they share. */
export class TransactionManager implements Crossbound {
  readonly #surroundings: Surroundings;
  readonly #configuration: Configuration;
  readonly #log: DecisionLog;
  readonly #writer: DecisionWriter;
  readonly #stores: ReadonlyMap<string, Store>;
  readonly #admission: Admission;
  readonly #outcomes: RecentOutcomes;
  readonly #keys: IdempotencyKeys;
  readonly #live = new LiveTransactions();
  #ids = new TransactionIds('', []);
  #recovered: Promise<void> = Promise.resolve();
  #closing: Promise<CloseReport> | undefined;

  constructor(surroundings: Surroundings, configuration: Configuration, log: DecisionLog) {
    this.#surroundings = surroundings;
    this.#configuration = configuration;
    this.#log = log;
    this.#stores = storesOf(surroundings, configuration);
    this.#writer = new DecisionWriter(log, {
      endFlushed: (tx) => surroundings.record({ tx, action: 'FlushCoordinator', record: 'End' }),
      failed: (error) => this.#live.rollBackUndecided((id) => decisionRefused(id, error)),
    });
    this.#admission = new Admission(surroundings.environment, configuration.limits);
    this.#keys = new IdempotencyKeys(surroundings.environment, configuration.limits);
    this.#outcomes = new RecentOutcomes(configuration.limits.recentOutcomes);
  }

  get recovered(): Promise<void> {
    return this.#recovered;
  }

  /** Takes the log, opens the stores, and starts to recover. Leaves everything closed when it rejects. */
  async open(): Promise<void> {
    const { name, timeouts, recovery } = this.#configuration;
    let opened: OpenedStores | undefined;
    let isLogOpen = false;
    const open = async () => {
      opened ??= await openStores(this.#surroundings, name, this.#stores.values());
      return opened;
    };
    const mayBegin = async () => assertLogNotMissing(name, this.#logPlace, (await open()).inDoubt);
    try {
      const incarnation = newIncarnation(this.#surroundings.environment.randomBytes(6));
      const { epoch, records } = await this.#writer.open(name, mayBegin, incarnation);
      isLogOpen = true;
      this.#ids = new TransactionIds(transactionPrefix(epoch, incarnation), earlierPrefixes(records, epoch));
      this.#keys.recover(records);
      for (const record of records) if (record.type === 'Commit') this.#outcomes.remember(record.tx, 'committed');
      const commits = recoverCoordinators(records);
      assertAllKnown(commits, this.#stores);
      const stores = await open();
      const hasPredecessor = epoch > 1;
      // A log that does not ask whether it may begin is told now at least.
      if (!hasPredecessor) await mayBegin();
      const knowledge = { knows: (id: string) => this.#ids.knows(id), outcome: (id: string) => this.#outcomes.get(id) };
      const revival = { get: (id: string) => this.#live.get(id), create: (snapshot: CoordinatorSnapshot) => this.#revive(snapshot) };
      const parts = {
        surroundings: this.#surroundings,
        coordinator: name,
        logPlace: this.#logPlace,
        live: this.#live,
        revival,
        knowledge,
        options: recovery,
      };
      new Recovery(parts, { hasPredecessor, commits, inDoubt: stores.inDoubt }).start(stores);
    } catch (error) {
      this.#surroundings.stop();
      if (isLogOpen) await this.#log.close().catch(ignore);
      await closeStores(this.#surroundings, opened?.inDoubt.keys() ?? []);
      throw error;
    }
    const { environment } = this.#surroundings;
    const late = () => this.#live.recoveryPending(timeouts.recoveryMs);
    this.#recovered = withDeadline(environment, timeouts.recoveryMs, this.#live.recovered, late);
    this.#recovered.catch(ignore);
    this.#live.checkRecovered();
  }

  async begin(options?: TransactionOptions): Promise<Transaction> {
    const parsed = options === undefined ? NO_OPTIONS : parseTransactionOptions(options);
    return await this.#begin(this.#withDefaults(parsed));
  }

  async transaction<Value>(work: (tx: TransactionScope) => Promise<Value> | Value, options?: WorkOptions): Promise<Value> {
    const { idempotencyKey, ...own } = options === undefined ? NO_WORK_OPTIONS : parseWorkOptions(options);
    const transactionOptions = this.#withDefaults(own);
    if (idempotencyKey === undefined) return this.#run(work, transactionOptions);
    this.#assertOpen();
    return this.#keys.once(idempotencyKey, transactionOptions, (claim) => this.#run(work, transactionOptions, claim));
  }

  async #run<Value>(
    work: (tx: TransactionScope) => Promise<Value> | Value,
    options: TransactionSettings,
    claim?: KeyClaim,
  ): Promise<Value> {
    const tx = await this.#begin(options, claim);
    let value: Value;
    try {
      value = await Promise.race([work(tx), tx.lost]);
    } catch (error) {
      if (tx.reason) throw await tx.rollback().then(() => tx.reason);
      await tx.rollback(error);
      throw error;
    }
    await (claim === undefined ? tx.commit() : tx.commitOnce(claim, value));
    return value;
  }

  outcome(transaction: string): TransactionOutcome {
    const live = this.#live.get(transaction);
    live?.dispatch({ type: 'AskOutcome' });
    const known = this.#outcomes.get(transaction);
    if (known) return known;
    // Presumed abort. What an earlier incarnation committed is in the log, and so among the known.
    if (live) return live.state === 'forgotten' ? 'aborted' : 'active';
    return this.#ids.isOlder(transaction) && !this.#outcomes.hasForgotten ? 'aborted' : 'unknown';
  }

  async inDoubt(): Promise<readonly InDoubtBranch[]> {
    this.#assertOpen();
    return inDoubtIn(this.#surroundings, this.#stores.values());
  }

  health(): CrossboundHealth {
    const { failure, epoch } = this.#writer;
    const state = failure !== undefined ? 'failed' : this.#closing !== undefined ? 'closed' : 'open';
    const log = { state, epoch, ...(failure === undefined ? {} : { lastError: failure.message }) } as const;
    return healthOf(log, this.#stores.values(), this.#live.drivers(), this.#live.recovering);
  }

  stats(): CrossboundStats {
    const { active, queued } = this.#admission;
    const { recovering, inDoubt } = this.#live;
    return { active, queued, recovering, inDoubt, ...this.#surroundings.statistics.counts() };
  }

  close(): Promise<CloseReport> {
    if (this.#closing === undefined) {
      this.#admission.refuseAll(closed());
      this.#closing = shutDown(this.#surroundings, this.#live, this.#log, this.#stores.values());
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #withDefaults({ timeoutMs = this.#configuration.timeouts.transactionMs, signal }: TransactionOptions): TransactionSettings {
    return { timeoutMs, signal };
  }

  async #begin({ timeoutMs, signal }: TransactionSettings, claim?: KeyClaim): Promise<ManagedTransaction> {
    this.#assertOpen();
    throwIfAborted(signal);
    if (!this.#admission.tryEnter()) await this.#admitted(timeoutMs, signal);
    const id = this.#ids.next();
    const owner = {
      answered: (outcome: Outcome, reason?: TransactionAbortedError) => this.#answered(id, outcome, reason, claim),
      finished: () => this.#finished(id),
      abandoned: () => {
        this.#surroundings.statistics.abandoned();
        this.#finished(id);
      },
    };
    const parts = { surroundings: this.#surroundings, stores: this.#stores, writer: this.#writer };
    const client = new ManagedTransaction({ id, ...parts, owner, timeoutMs, signal });
    this.#live.add(client);
    return client;
  }

  /** Waits for a place; much may have happened until there is one. */
  async #admitted(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#admission.enter(timeoutMs, signal).catch((error: unknown) => {
      throwIfAborted(signal);
      throw error;
    });
    try {
      this.#assertOpen();
      throwIfAborted(signal);
    } catch (error) {
      this.#admission.leave();
      throw error;
    }
  }

  get #logPlace(): string {
    const { directory } = this.#configuration;
    return directory === undefined ? 'the option "log"' : absolute(directory);
  }

  #answered(id: string, outcome: Outcome, reason: TransactionAbortedError | undefined, claim: KeyClaim | undefined): void {
    const { statistics } = this.#surroundings;
    if (this.#outcomes.remember(id, outcome)) {
      if (reason) statistics.rolledBack(reason);
      else statistics.committed();
    }
    if (claim) this.#keys.decided(claim, outcome);
  }

  #finished(id: string): void {
    if (this.#live.finished(id)) this.#admission.leave();
  }

  /** A transaction of an earlier incarnation. It takes no place: there are no more of them than had one. */
  #revive(snapshot: CoordinatorSnapshot): CoordinatorDriver {
    const { transaction } = snapshot.context;
    const events = {
      answered: ignore,
      deciding: ignore,
      decisionUnknown: ignore,
      decisionRefused: ignore,
      finished: () => this.#finished(transaction),
    };
    const driver = new CoordinatorDriver(transaction, this.#surroundings, this.#writer, events, snapshot);
    this.#live.revive(driver);
    return driver;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
    if (this.#writer.failure) throw this.#writer.failure;
  }
}
