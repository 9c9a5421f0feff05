/**
 * The invariants of TwoPhaseCommit.tla on what is on stable storage and on what clients were told, looked at whenever one of the
 * two changes. Knows the bytes of the logs and the answers, and nothing of the code that made them.
 */
import type { DurableRecord } from './durable-log.ts';

export type Outcome = 'committed' | 'aborted';

interface TransactionFacts {
  /** The participants that the commit record names, once there is one. */
  participants: readonly string[] | undefined;
  readonly told: Set<Outcome>;
  /** The last durable record of each store. */
  readonly stores: Map<string, string>;
}

/** What the oracle reports to. */
export type ReportViolation = (property: string, message: string, tx: string) => void;

export class OutcomeOracle {
  readonly #report: ReportViolation;
  /** Stores whose logs are seen; of others nothing is known. */
  readonly #watched: ReadonlySet<string>;
  readonly #transactions = new Map<string, TransactionFacts>();

  constructor(watched: Iterable<string>, report: ReportViolation) {
    this.#watched = new Set(watched);
    this.#report = report;
  }

  /** Whether the commit record of a transaction is durable. */
  isCommitted(tx: string): boolean {
    return this.#transactions.get(tx)?.participants !== undefined;
  }

  /** A record of the decision log has become durable. */
  coordinatorRecord({ type, tx, participants = [] }: DurableRecord): void {
    if (tx === undefined) return;
    const facts = this.#facts(tx);
    if (type === 'Commit') {
      facts.participants = participants;
      for (const store of participants) this.#expect(facts, tx, store, ['Prepared', 'Committed'], 'CommitNeedsAllVotes');
      if (facts.told.has('aborted')) this.#report('AnswerIsOutcome', `${tx} is committed, and its client was told that it was not`, tx);
    } else if (type === 'End') {
      for (const store of facts.participants ?? []) this.#expect(facts, tx, store, ['Committed'], 'ForgetNeedsAllAcks');
    }
  }

  /** A record of a store's journal has become durable. */
  storeRecord(store: string, { type, tx }: DurableRecord): void {
    if (tx === undefined) return;
    const facts = this.#facts(tx);
    const before = facts.stores.get(store);
    facts.stores.set(store, type);
    if (type === 'Committed') {
      if (facts.participants === undefined)
        this.#report('DurableBeforeSpoken', `${store} has committed ${tx}, which nobody has decided`, tx);
      if (before !== 'Prepared') this.#report('Consistency', `${store} has committed ${tx} after ${before ?? 'nothing'}`, tx);
    }
    if (type === 'Aborted' && facts.participants !== undefined) {
      this.#report('Consistency', `${store} has aborted ${tx}, and the decision is to commit it`, tx);
    }
    this.#compareStores(facts, tx);
  }

  /** A client got an answer. */
  told(tx: string, outcome: Outcome): void {
    const facts = this.#facts(tx);
    facts.told.add(outcome);
    if (facts.told.size > 1) this.#report('AnswerNeverChanges', `the client of ${tx} was told both outcomes`, tx);
    if (outcome === 'committed' && facts.participants === undefined) {
      this.#report('DurableBeforeSpoken', `the client of ${tx} was told that it is committed, and that is not durable`, tx);
    }
    if (outcome === 'aborted' && facts.participants !== undefined) {
      this.#report('AnswerIsOutcome', `the client of ${tx} was told that it is aborted, and it is committed`, tx);
    }
  }

  #compareStores(facts: TransactionFacts, tx: string): void {
    const outcomes = [...facts.stores.values()];
    if (outcomes.includes('Committed') && outcomes.includes('Aborted')) {
      this.#report('Consistency', `${tx}: ${[...facts.stores].map(([store, type]) => `${store} ${type}`).join(', ')}`, tx);
    }
  }

  #expect(facts: TransactionFacts, tx: string, store: string, expected: readonly string[], property: string): void {
    if (!this.#watched.has(store)) return;
    const found = facts.stores.get(store) ?? 'nothing';
    if (!expected.includes(found)) this.#report(property, `of ${tx}, ${store} has ${found} on its disk, not ${expected.join(' or ')}`, tx);
  }

  #facts(tx: string): TransactionFacts {
    const facts = this.#transactions.get(tx) ?? { participants: undefined, told: new Set(), stores: new Map() };
    this.#transactions.set(tx, facts);
    return facts;
  }
}
