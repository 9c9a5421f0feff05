/**
 * Drives one participant's branch of one transaction: the statechart decides, the store does.
 *
 * - YesIsDurable (invariant 5): `FlushParticipant` is dispatched when `prepare` has resolved, and only that sends the vote.
 * - What is unknown is never guessed: a failed `prepare` takes the branch down, until the store has said what it holds.
 * - One call to the store at a time, except that a late attempt to commit or roll back is repeated.
 */
import { PrepareRefusedError } from '../protocol/errors.ts';
import type { ParticipantRecord } from '../protocol/log-record.ts';
import { type BranchInstance, resumeBranch } from '../statecharts/compiled.ts';
import type { CoordinatorEvent } from '../statecharts/coordinator.ts';
import type { ParticipantEffect, ParticipantEvent, ParticipantState } from '../statecharts/participant.ts';
import { participantEffects, recoveredBranch } from '../statecharts/participant.ts';
import { begun, ignore } from './deadline.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { EnlistOptions, Participant } from './participant.ts';
import type { Presence } from './presence.ts';
import type { StoreQuery } from './store-query.ts';
import type { Surroundings } from './surroundings.ts';
import { branchStep } from './trace-steps.ts';
import { untilDone } from './until-done.ts';

/** A store, with what is asked of it on behalf of all its branches. */
export interface Store {
  readonly participant: Participant;
  readonly inDoubt: StoreQuery;
  readonly presence: Presence;
  readonly heartbeat: Heartbeat;
  /** Transactions that are rolled back, and whose roll-back it has not carried out in time. */
  readonly abandoned: Set<string>;
}

/** What a call to the store was rejected with, be it `undefined`. */
export interface BranchFailure {
  readonly error: unknown;
}

/** Whom a branch reports to. */
export interface BranchOwner {
  /** Takes what the branch says to the coordinator, at once. */
  dispatch(event: CoordinatorEvent): void;
  /** The branch has an outcome, durably, and needs no more attention. */
  settled(): void;
}

/** Of more, the oldest are forgotten: what is prepared of them is found by asking the store. */
const MAX_ABANDONED = 10_000;

const PREPARED_FLUSHED = { type: 'FlushParticipant', record: 'Prepared' } as const;
const COMMITTED_FLUSHED = { type: 'FlushParticipant', record: 'Committed' } as const;

const REPLIES = {
  Yes: 'ReceiveYes',
  No: 'ReceiveNo',
  ReadOnly: 'ReceiveReadOnly',
  Ack: 'ReceiveAck',
  HeuristicCommitted: 'ReceiveHeuristicCommitted',
  HeuristicAborted: 'ReceiveHeuristicAborted',
} as const;

export class BranchDriver {
  readonly #surroundings: Surroundings;
  readonly #store: Store;
  readonly #owner: BranchOwner;
  #chart: BranchInstance;
  #isDown = false;
  #isSettled: boolean;
  /** The store holds nothing of the branch and there is nothing to undo. */
  #holdsNothing = false;
  #isAbandoned = false;
  /** The call to the store that is under way. */
  #underWay: Promise<unknown> = Promise.resolve();
  #failure: BranchFailure | undefined;

  constructor(surroundings: Surroundings, store: Store, owner: BranchOwner, chart: BranchInstance) {
    this.#surroundings = surroundings;
    this.#store = store;
    this.#owner = owner;
    this.#chart = chart;
    this.#isSettled = chart.value === 'committed' || chart.value === 'aborted';
  }

  get participant(): string {
    return this.#store.participant.name;
  }

  get state(): ParticipantState | 'down' {
    return this.#isDown ? 'down' : this.#chart.value;
  }

  /** Whether the store holds it, or may hold it, prepared and without an outcome. */
  get isInDoubt(): boolean {
    return !this.#isSettled && (this.#isDown || this.#chart.value === 'prepared' || this.#chart.value === 'committing');
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Why this branch did not do its part, where it did not. */
  get failure(): BranchFailure | undefined {
    return this.#failure;
  }

  /** Starts the work in the store. A rejection takes the branch out of it. */
  async enlist(options: EnlistOptions): Promise<unknown> {
    try {
      const enlisting = this.#store.participant.enlist(this.#transaction, options);
      this.#underWay = enlisting;
      return await enlisting;
    } catch (error) {
      this.#failed(error);
      this.#holdsNothing = true;
      throw error;
    }
  }

  /** The branch is rolled back, and is to be left to periodic recovery: an attempt that fails is not repeated. */
  abandon(): void {
    this.#isAbandoned = true;
    const { abandoned } = this.#store;
    const [oldest] = abandoned;
    if (oldest !== undefined && abandoned.size >= MAX_ABANDONED) abandoned.delete(oldest);
    abandoned.add(this.#transaction);
  }

  /** Takes one event through the statechart. What arrives while the branch is down is lost. */
  dispatch(event: ParticipantEvent): void {
    const surroundings = this.#surroundings;
    if (this.#isDown || surroundings.isStopped) return;
    const actions = this.#chart.step(event);
    if (actions === undefined) return;
    if (surroundings.isTraced) surroundings.record({ tx: this.#transaction, ...branchStep(event, this.participant) });
    for (const action of actions) {
      const effect = participantEffects[action]?.();
      if (effect) this.#perform(action, effect);
    }
    if (this.#chart.value === 'committed') this.#settle();
  }

  get #transaction(): string {
    return this.#chart.context.transaction;
  }

  #perform(name: string, effect: ParticipantEffect): void {
    const happened = this.#surroundings.announce(name, this.#transaction, this.participant);
    switch (effect.type) {
      case 'send': {
        const event = { type: REPLIES[effect.message], participant: this.participant };
        this.#surroundings.post(() => this.#owner.dispatch(event));
        happened();
        return;
      }
      case 'append':
        this.#append(effect.record, happened);
        return;
      case 'drop':
        this.#rollBack(happened).catch(ignore);
    }
  }

  #append(record: ParticipantRecord['type'], happened: () => void): void {
    if (record === 'Prepared') this.#prepare(happened);
    else if (record === 'Committed') this.#commit(happened);
    // No `FlushParticipant` follows: nobody waits for an aborted record, and a store need not have flushed it.
    else this.#rollBack(happened).catch(ignore);
  }

  #prepare(happened: () => void): void {
    const preparing = begun(() => this.#store.participant.prepare(this.#transaction));
    this.#underWay = preparing;
    preparing.then(
      () => {
        if (this.#surroundings.isStopped) return;
        happened();
        this.dispatch(PREPARED_FLUSHED);
      },
      (error: unknown) => {
        if (!this.#surroundings.isStopped) this.#prepareFailed(error);
      },
    );
  }

  #prepareFailed(error: unknown): void {
    this.#failed(error);
    if (error instanceof PrepareRefusedError) {
      this.#holdsNothing = true;
      this.dispatch({ type: 'RefusePrepare' });
    } else if (this.#chart.value === 'preparing') {
      this.#crash();
    }
    // Else it was told to abort in the meantime, and the roll-back, which waits for this call to end, covers both cases.
  }

  #commit(happened: () => void): void {
    this.#persist('commit', () => this.#store.participant.commit(this.#transaction)).then(() => {
      happened();
      this.dispatch(COMMITTED_FLUSHED);
      // It rejects only when the manager stops; recovery commits then.
    }, ignore);
  }

  /** Rejects only when the manager stops; what was not prepared is gone then, and recovery rolls back the rest. */
  async #rollBack(happened: () => void): Promise<void> {
    // A roll-back that overtook the call under way would leave what that one brings about.
    await this.#underWay.catch(ignore);
    if (!this.#holdsNothing) await this.#persist('rollback', () => this.#store.participant.rollback(this.#transaction));
    this.#surroundings.stopped.throwIfAborted();
    happened();
    this.#settle();
  }

  /** Nobody knows what the store holds: everything volatile is given up, and the store is asked. */
  #crash(): void {
    this.#isDown = true;
    this.#surroundings.record({ tx: this.#transaction, action: 'CrashParticipant', rm: this.participant });
    this.#recover().catch(ignore);
  }

  async #recover(): Promise<void> {
    const inDoubt = await this.#store.inDoubt.ask();
    const isPrepared = inDoubt.includes(this.#transaction);
    // The store has not crashed, only the call: work that was never prepared may still be there.
    if (!isPrepared) await this.#persist('rollback', () => this.#store.participant.rollback(this.#transaction));
    this.#surroundings.stopped.throwIfAborted();
    this.#isDown = false;
    this.#chart = resumeBranch(recoveredBranch(this.#transaction, this.participant, isPrepared ? 'Prepared' : undefined));
    const state = isPrepared ? 'prepared' : 'unprepared';
    this.#surroundings.record({ tx: this.#transaction, action: 'RecoverParticipant', rm: this.participant, state });
    if (isPrepared) {
      this.dispatch({ type: 'VoteAgain' });
    } else {
      // It was asked before and has lost the question: asked again, it says no, and nobody has to wait for a time-out.
      this.#surroundings.post(() => this.#owner.dispatch({ type: 'Resend', participant: this.participant }));
      this.#settle();
    }
  }

  #persist(call: 'commit' | 'rollback', attempt: () => Promise<void>): Promise<void> {
    const what = () => `${call} of transaction ${this.#transaction} in "${this.participant}"`;
    return untilDone(this.#surroundings, what, attempt, {
      isWanted: () => !this.#isAbandoned,
      onFailed: (error) => this.#failed(error),
    });
  }

  #failed(error: unknown): void {
    this.#failure = { error };
    // A refusal is an answer; anything else may mean that nobody is there.
    if (!(error instanceof PrepareRefusedError)) this.#store.heartbeat.soon();
  }

  #settle(): void {
    if (this.#isSettled) return;
    if (this.#isAbandoned) this.#store.abandoned.delete(this.#transaction);
    this.#isSettled = true;
    this.#owner.settled();
  }
}
