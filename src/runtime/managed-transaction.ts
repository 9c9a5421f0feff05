/** The client's side of one transaction: its time-outs, its signal, and the one answer that it gets. */
import { CrossboundError, TransactionAbortedError } from '../protocol/errors.ts';
import type { Idempotency } from '../protocol/log-record.ts';
import {
  abandoned,
  abortedBySignal,
  decisionRefused,
  inDoubt,
  nothingEnlisted,
  rolledBack,
  timedOut,
  votedNo,
  votesLate,
} from './abort-reasons.ts';
import type { Store } from './branch-driver.ts';
import { CommitStopwatch } from './commit-stopwatch.ts';
import { CoordinatorDriver } from './coordinator-driver.ts';
import { ignore, settledWithin } from './deadline.ts';
import type { DecisionWriter } from './decision-writer.ts';
import { Deferred } from './deferred.ts';
import { type EnlistingTransaction, Enlistments } from './enlistments.ts';
import type { KeyClaim } from './idempotency-keys.ts';
import type { Participant } from './participant.ts';
import type { Outcome } from './recent-outcomes.ts';
import type { Surroundings } from './surroundings.ts';
import { textOf } from './text-of.ts';
import type { Transaction } from './transaction.ts';

/** Whom a managed transaction reports to. */
export interface TransactionOwner {
  /** @param reason - why it was rolled back, where it was. */
  answered(outcome: Outcome, reason?: TransactionAbortedError): void;
  finished(): void;
  /** It is rolled back, and some participant has not carried that out in time, nor will be waited for. */
  abandoned(): void;
}

/** What a managed transaction is made of. */
export interface TransactionParts {
  readonly id: string;
  readonly surroundings: Surroundings;
  readonly stores: ReadonlyMap<string, Store>;
  readonly writer: DecisionWriter;
  readonly owner: TransactionOwner;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export class ManagedTransaction implements Transaction, EnlistingTransaction {
  readonly #parts: TransactionParts;
  readonly driver: CoordinatorDriver;
  readonly #enlistments: Enlistments;
  /** Made when somebody asks for the signal, which costs more than a commit without it. */
  #control: AbortController | undefined;
  readonly #decided = new Deferred<void>();
  readonly #lost = new Deferred<never>();
  readonly #onLost: ((reason: TransactionAbortedError) => void)[] = [];
  readonly #finished = new Deferred<void>();
  #outcome: Outcome | undefined;
  /** Commit or roll-back has been asked for. */
  #isEnding = false;
  #reason: TransactionAbortedError | undefined;
  #isInDoubt = false;
  #stopwatch: CommitStopwatch | undefined;
  #cancelTimer: () => void = ignore;
  readonly #onSignal = () => this.abort(abortedBySignal(this.id, this.#parts.signal?.reason));

  constructor(parts: TransactionParts) {
    this.#parts = parts;
    const { id, surroundings, writer, timeoutMs, signal } = parts;
    this.driver = new CoordinatorDriver(id, surroundings, writer, {
      answered: (outcome) => this.#answered(outcome),
      deciding: () => this.#stopwatch?.ends('prepare'),
      decisionRefused: (error) => {
        this.#reason = decisionRefused(id, error);
        this.#answered('aborted');
      },
      decisionUnknown: (error) => this.#unknown(`its record may or may not have reached the decision log (${textOf(error)})`, error),
      finished: () => this.#finish(),
    });
    this.#enlistments = new Enlistments(this, parts.stores, Math.min(surroundings.timeouts.lockMs, timeoutMs));
    this.#arm(timeoutMs, () => this.abort(timedOut(id, timeoutMs, this.#enlistments.pending)));
    signal?.addEventListener('abort', this.#onSignal, { once: true });
  }

  get id(): string {
    return this.#parts.id;
  }

  get signal(): AbortSignal {
    if (this.#control === undefined) {
      this.#control = new AbortController();
      if (this.#outcome === 'aborted') this.#control.abort(this.#reason);
    }
    return this.#control.signal;
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Rejects when the transaction has been rolled back. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  onLost(tell: (reason: TransactionAbortedError) => void): void {
    if (this.#outcome === 'aborted' && this.#reason) tell(this.#reason);
    else this.#onLost.push(tell);
  }

  /** Why it was rolled back, if it was. */
  get reason(): TransactionAbortedError | undefined {
    return this.#reason;
  }

  /** Whether the client was told that the outcome is not known, and it is not yet. */
  get isInDoubt(): boolean {
    return this.#isInDoubt && this.#outcome === undefined;
  }

  enlist<Handle>(participant: Participant<Handle>): Promise<Handle>;
  enlist(participant: string): Promise<unknown>;
  enlist(participant: string | Participant): Promise<unknown> {
    return this.#enlistments.enlist(participant);
  }

  enlistOptional<Handle>(participant: Participant<Handle>): Promise<Handle | undefined>;
  enlistOptional(participant: string): Promise<unknown>;
  enlistOptional(participant: string | Participant): Promise<unknown> {
    return this.#enlistments.enlistOptional(participant);
  }

  commit(): Promise<void> {
    return this.#commit();
  }

  /** As {@link ManagedTransaction.commit}, under an idempotency key: what cannot be kept under it is refused before the decision. */
  async commitOnce(claim: KeyClaim, value: unknown): Promise<void> {
    const reason = this.#enlistments.isEmpty ? nothingEnlisted(this.id) : claim.keep(this.id, value);
    if (reason && this.#reason === undefined) this.abort(reason);
    await this.#commit(claim.idempotency);
  }

  async #commit(idempotency?: Idempotency): Promise<void> {
    this.assertOpen('commit');
    this.#isEnding = true;
    const pending = this.#enlistments.pendingReason;
    if (pending) {
      this.abort(pending);
    } else if (this.#enlistments.isEmpty) {
      this.#answered('committed');
      this.#finish();
    } else {
      this.#arm(this.#parts.surroundings.timeouts.prepareMs, () => this.#votesLate());
      this.#stopwatch = new CommitStopwatch(this.#parts.surroundings);
      this.driver.requestCommit(idempotency);
    }
    await this.#told();
  }

  async rollback(reason?: unknown): Promise<void> {
    if (this.#reason === undefined) {
      if (this.#isEnding) throw this.#ended('roll back');
      this.abort(rolledBack(this.id, reason));
    }
    await this.#settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnding) await this.#told().catch(ignore);
    else await this.rollback();
  }

  /** Throws where it is over. */
  assertOpen(action: string): void {
    if (this.#reason !== undefined) throw this.#reason;
    if (this.#isEnding) throw this.#ended(action);
  }

  /** Rolls back for `reason`, if nothing has been decided. */
  abort(reason: TransactionAbortedError, failed: readonly string[] = []): void {
    const { state, branches } = this.driver;
    if (this.#outcome !== undefined || (state !== 'working' && state !== 'preparing')) return;
    this.#isEnding = true;
    this.#reason = reason;
    if (branches.length > 0) {
      this.driver.abort(branches.filter(({ participant }) => failed.includes(participant)));
    } else {
      this.#answered('aborted');
      this.#finish();
    }
  }

  /** The manager stops: what is not decided or not finished here is left to recovery. */
  leave(): void {
    this.#unknown('the transaction manager was closed');
    this.#cancelTimer();
    this.#finished.reject(inDoubt(this.id, 'the transaction manager was closed before every participant had done its part'));
  }

  #ended(action: string): CrossboundError {
    const state = this.#outcome ?? 'being committed';
    const message = `Cannot ${action}: transaction ${this.id} is ${state} already. Begin another one.`;
    return new CrossboundError('TRANSACTION_ENDED', 'terminal', message);
  }

  #votesLate(): void {
    const { prepareMs, decisionMs } = this.#parts.surroundings.timeouts;
    if (this.driver.state === 'preparing') {
      this.abort(votesLate(this.id, prepareMs, this.driver.missingVotes));
    } else {
      this.#arm(decisionMs, () => this.#unknown(`its record was not durable within ${decisionMs} ms (timeouts.decisionMs)`));
    }
  }

  #answered(outcome: Outcome): void {
    if (outcome === 'aborted') {
      this.#aborted(this.#reason ?? votedNo(this.id, this.driver.branches));
    } else if (this.#outcome === undefined) {
      this.#outcome = outcome;
      this.#stopwatch?.ends('decision');
      this.#disarm();
      this.#decided.resolve(undefined);
    }
    this.#parts.owner.answered(outcome, this.#reason);
  }

  #aborted(reason: TransactionAbortedError): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = 'aborted';
    this.#reason = reason;
    this.#disarm();
    this.#control?.abort(reason);
    this.#decided.reject(reason);
    this.#lost.reject(reason);
    for (const tell of this.#onLost) tell(reason);
    this.#arm(this.#parts.surroundings.timeouts.abandonMs, () => this.#abandon());
  }

  /** A participant that is gone must not keep a place that others wait for. */
  #abandon(): void {
    const { owner, surroundings } = this.#parts;
    this.#finished.reject(abandoned(this.id, this.driver.abandon(), surroundings.timeouts.abandonMs));
    owner.abandoned();
  }

  #unknown(why: string, cause?: unknown): void {
    if (this.#outcome !== undefined) return;
    this.#isInDoubt = true;
    this.#disarm();
    this.#decided.reject(inDoubt(this.id, why, cause));
  }

  #finish(): void {
    this.#cancelTimer();
    if (this.#outcome === 'committed') this.#stopwatch?.ends('completion');
    this.#finished.resolve(undefined);
    this.#parts.owner.finished();
  }

  /** The answer, to whoever asked for the commit. */
  async #told(): Promise<void> {
    try {
      await this.#decided.promise;
    } catch (error) {
      if (error instanceof TransactionAbortedError) await this.#settled();
      throw error;
    }
    await this.#settled();
  }

  /** Gives the participants time to do their part, so that what comes next sees it, and does not meet the locks of this one. */
  async #settled(): Promise<void> {
    if (this.#finished.isSettled) return;
    const { environment, timeouts } = this.#parts.surroundings;
    await settledWithin(environment, timeouts.settleMs, this.#finished.promise);
  }

  #arm(delayMs: number, fire: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.surroundings.environment.setTimer(delayMs, fire);
  }

  #disarm(): void {
    this.#cancelTimer();
    this.#parts.signal?.removeEventListener('abort', this.#onSignal);
  }
}
