/**
 * Drives the coordinator of one transaction, and holds its branches: the statechart decides, and what it decides is
 * recorded and then done.
 *
 * - DurableBeforeSpoken (invariant 4): `FlushCoordinator` is dispatched when the log says that the record is durable, and
 *   only that sends `Commit` and answers the client.
 * - A failed append is an outcome only where the log says that nothing was appended. Then this transaction's coordinator
 *   goes through crash and recovery, which presumes abort; otherwise the transaction stays in doubt until the next start.
 */
import type { DecisionRecord, Idempotency } from '../protocol/log-record.ts';
import { type CoordinatorInstance, newBranch, newCoordinator, resumeBranch, resumeCoordinator } from '../statecharts/compiled.ts';
import type { CoordinatorEffect, CoordinatorEvent, CoordinatorSnapshot, CoordinatorState } from '../statecharts/coordinator.ts';
import { coordinatorEffects, presumedAborted } from '../statecharts/coordinator.ts';
import type { ParticipantEvent, ParticipantSnapshot } from '../statecharts/participant.ts';
import { BranchDriver, type Store } from './branch-driver.ts';
import { ignore } from './deadline.ts';
import { type DecisionWriter, isNotAppended } from './decision-writer.ts';
import type { Outcome } from './recent-outcomes.ts';
import type { Surroundings } from './surroundings.ts';
import { coordinatorStep } from './trace-steps.ts';

/** Whom a transaction reports to. */
export interface CoordinatorEvents {
  /** The outcome may be told. Comes again for each one who asks. */
  answered(outcome: Outcome): void;
  /** All have voted yes: the decision is about to be appended. */
  deciding(): void;
  /** Whether it was appended is unknown, and stays so until the log is opened again. */
  decisionUnknown(error: unknown): void;
  /** The log has refused the decision, which makes it an abort. */
  decisionRefused(error: unknown): void;
  /** Every branch has its outcome and nobody will ask again. */
  finished(): void;
}

const ORDERS = {
  Prepare: { type: 'ReceivePrepare' },
  CommitOnePhase: { type: 'ReceiveCommitOnePhase' },
  Commit: { type: 'ReceiveCommit' },
  Abort: { type: 'ReceiveAbort' },
  Forget: { type: 'ReceiveForget' },
} as const satisfies Record<string, ParticipantEvent>;

export class CoordinatorDriver {
  readonly transaction: string;
  readonly #surroundings: Surroundings;
  readonly #writer: DecisionWriter;
  readonly #events: CoordinatorEvents;
  readonly #branches = new Map<string, BranchDriver>();
  /** Absent while the client still works: the participants become fixed with the first protocol step. */
  #chart: CoordinatorInstance | undefined;
  #idempotency: Idempotency | undefined;
  #isFinished = false;
  #isUndecidable = false;

  constructor(
    transaction: string,
    surroundings: Surroundings,
    writer: DecisionWriter,
    events: CoordinatorEvents,
    recovered?: CoordinatorSnapshot,
  ) {
    this.transaction = transaction;
    this.#surroundings = surroundings;
    this.#writer = writer;
    this.#events = events;
    this.#chart = recovered && resumeCoordinator(recovered);
  }

  get state(): CoordinatorState {
    return this.#chart?.value ?? 'working';
  }

  /** What has been decided, once it is: a coordinator that has forgotten says abort. */
  get outcome(): Outcome | undefined {
    const { state } = this;
    if (state === 'committed') return 'committed';
    return state === 'aborted' || state === 'forgotten' ? 'aborted' : undefined;
  }

  /** Whether only the next start of the manager can tell the outcome. */
  get isUndecidable(): boolean {
    return this.#isUndecidable;
  }

  get branches(): readonly BranchDriver[] {
    return [...this.#branches.values()];
  }

  /** Participants whose vote has not come. */
  get missingVotes(): readonly BranchDriver[] {
    const heard = this.state === 'preparing' ? (this.#chart?.context.heard ?? []) : [];
    return this.branches.filter(({ participant }) => !heard.includes(participant));
  }

  /** Adds a branch in its first state, or in the one in which it was recovered. */
  addBranch(store: Store, recovered?: ParticipantSnapshot): BranchDriver {
    const owner = { dispatch: (event: CoordinatorEvent) => this.dispatch(event), settled: () => this.#checkFinished() };
    const chart = recovered ? resumeBranch(recovered) : newBranch({ transaction: this.transaction, participant: store.participant.name });
    const branch = new BranchDriver(this.#surroundings, store, owner, chart);
    this.#branches.set(branch.participant, branch);
    return branch;
  }

  /** Forgets a branch that holds nothing, before the first protocol step. */
  removeBranch(participant: string): void {
    this.#branches.delete(participant);
  }

  /**
   * First phase. The caller has made sure that there is a branch.
   *
   * @param idempotency - kept in the commit record.
   */
  requestCommit(idempotency?: Idempotency): void {
    this.#idempotency = idempotency;
    this.#begin();
    this.dispatch({ type: 'RequestCommit' });
  }

  /**
   * Rolls back, if nothing has been decided.
   *
   * @param failed - the branches that have given up by themselves.
   */
  abort(failed: readonly BranchDriver[] = []): void {
    if (this.#chart === undefined) {
      this.#begin();
      for (const branch of failed) branch.dispatch({ type: 'AbortUnilaterally' });
      this.dispatch({ type: 'RequestRollback' });
    } else {
      this.dispatch({ type: 'VoteTimeOut' });
    }
  }

  /** Gives up the branches that have not carried out the roll-back; `finished` does not follow. */
  abandon(): readonly BranchDriver[] {
    this.#isFinished = true;
    const left = this.branches.filter(({ isSettled }) => !isSettled);
    for (const branch of left) branch.abandon();
    return left;
  }

  /** Takes one event through the statechart. */
  dispatch(event: CoordinatorEvent): void {
    const chart = this.#chart;
    const surroundings = this.#surroundings;
    if (chart === undefined || surroundings.isStopped) return;
    const actions = chart.step(event);
    if (actions === undefined) return;
    if (surroundings.isTraced) surroundings.record({ tx: this.transaction, ...coordinatorStep(event) });
    for (const action of actions) {
      const effect = coordinatorEffects[action]?.(chart.context, event);
      if (effect) this.#perform(action, effect);
    }
    this.#checkFinished();
  }

  #begin(): void {
    const participants = [...this.#branches.keys()];
    this.#surroundings.record({ tx: this.transaction, action: 'Begin', participants });
    this.#chart = newCoordinator(this.transaction, participants);
  }

  #perform(name: string, effect: CoordinatorEffect): void {
    const happened = this.#surroundings.announce(name, this.transaction);
    switch (effect.type) {
      case 'send':
        for (const participant of effect.to) this.#send(participant, ORDERS[effect.message]);
        happened();
        return;
      case 'answer':
        this.#surroundings.record({ tx: this.transaction, action: 'Answer', outcome: effect.outcome });
        if (effect.outcome !== 'unknown') this.#events.answered(effect.outcome);
        happened();
        return;
      case 'append':
        if (effect.record !== 'Heuristic') this.#append(effect.record, happened).catch(ignore);
    }
  }

  #send(participant: string, order: ParticipantEvent): void {
    const branch = this.#branches.get(participant);
    this.#surroundings.post(() => branch?.dispatch(order));
  }

  async #append(type: 'Commit' | 'End', happened: () => void): Promise<void> {
    const tx = this.transaction;
    if (type === 'Commit') this.#events.deciding();
    try {
      await this.#writer.append(type === 'End' ? { type, tx } : this.#commitRecord());
    } catch (error) {
      // Without its end record the transaction is only told once more after the next start.
      if (type === 'Commit') this.#commitNotAppended(error);
      return;
    }
    if (this.#surroundings.isStopped) return;
    happened();
    if (type === 'Commit') this.dispatch({ type: 'FlushCoordinator', record: 'Commit' });
  }

  #commitRecord(): DecisionRecord {
    const record: DecisionRecord = { type: 'Commit', tx: this.transaction, participants: [...this.#branches.keys()] };
    return this.#idempotency === undefined ? record : { ...record, idempotency: this.#idempotency };
  }

  #commitNotAppended(error: unknown): void {
    if (this.#surroundings.isStopped) return;
    if (!isNotAppended(error)) {
      this.#isUndecidable = true;
      this.#events.decisionUnknown(error);
      return;
    }
    this.#surroundings.record({ tx: this.transaction, action: 'CrashCoordinator' });
    this.#surroundings.record({ tx: this.transaction, action: 'RecoverCoordinator', state: 'forgotten' });
    this.#chart = resumeCoordinator(presumedAborted(this.transaction));
    this.#events.decisionRefused(error);
    for (const branch of this.branches) branch.dispatch({ type: 'VoteAgain' });
  }

  #checkFinished(): void {
    if (this.#isFinished || (this.state !== 'aborted' && this.state !== 'forgotten')) return;
    for (const { isSettled } of this.#branches.values()) if (!isSettled) return;
    this.#isFinished = true;
    this.#events.finished();
  }
}
