/** The two statecharts as the runtime steps them. What they do is in `coordinator.ts` and `participant.ts`, and nowhere else. */
import type { AnyMachineSnapshot } from 'xstate';
import type { ChartInstance } from './chart-instance.ts';
import type { MachineDescription } from './compile-machine.ts';
import { CompiledChart } from './compiled-chart.ts';
import {
  type CoordinatorContext,
  type CoordinatorEffect,
  type CoordinatorEvent,
  type CoordinatorSnapshot,
  coordinatorEffects,
  coordinatorMachine,
} from './coordinator.ts';
import {
  type ParticipantContext,
  type ParticipantEffect,
  type ParticipantEvent,
  type ParticipantSnapshot,
  participantEffects,
  participantMachine,
} from './participant.ts';
import type { Step } from './step.ts';
import { ANYONE, type TabulatedEvent } from './transition-table.ts';

/** The coordinator of one transaction, stepped in place. */
export type CoordinatorInstance = ChartInstance<CoordinatorSnapshot, CoordinatorEvent>;
/** One branch, stepped in place. */
export type BranchInstance = ChartInstance<ParticipantSnapshot, ParticipantEvent>;

/** Every form of each event: a type without one does not compile, and what is missing of the rest is interpreted. */
type Forms<Event extends { readonly type: string }> = {
  readonly [Type in Event['type']]: readonly Payload<Extract<Event, { readonly type: Type }>>[];
};

type Payload<Event> = Event extends unknown ? Omit<Event, 'type'> : never;

const anyone = [{ participant: ANYONE }];
const bare = [{}];

const coordinatorForms: Forms<CoordinatorEvent> = {
  RequestCommit: bare,
  RequestCommitOnePhase: bare,
  RequestRollback: bare,
  VoteTimeOut: bare,
  OnePhaseTimeOut: bare,
  ParticipantSuspected: anyone,
  ReceiveYes: anyone,
  ReceiveNo: anyone,
  ReceiveReadOnly: anyone,
  ReceiveAck: anyone,
  ReceiveHeuristicCommitted: anyone,
  ReceiveHeuristicAborted: anyone,
  Resend: anyone,
  FlushCoordinator: [{ record: 'Commit' }, { record: 'End' }, { record: 'Heuristic', participant: ANYONE }],
  ReportHazard: bare,
  AskOutcome: bare,
};

const participantForms: Forms<ParticipantEvent> = {
  ReceivePrepare: bare,
  ReceiveCommitOnePhase: bare,
  ReceiveCommit: bare,
  ReceiveAbort: bare,
  ReceiveForget: bare,
  AbortUnilaterally: bare,
  DropStale: bare,
  VoteReadOnly: bare,
  RefusePrepare: bare,
  RefuseOnePhase: bare,
  VoteAgain: bare,
  HeuristicCommit: bare,
  HeuristicAbort: bare,
  FlushParticipant: [
    { record: 'Prepared' },
    { record: 'Committed' },
    { record: 'Aborted' },
    { record: 'HeuristicCommitted' },
    { record: 'HeuristicAborted' },
    { record: 'Forgotten' },
  ],
};

function listed(forms: Readonly<Record<string, readonly object[]>>): readonly { readonly type: string }[] {
  return Object.entries(forms).flatMap(([type, payloads]) => payloads.map((payload) => ({ type, ...payload })));
}

/** What the compiler is told of the coordinator's statechart. */
export const coordinatorDescription: MachineDescription = {
  machine: coordinatorMachine,
  forms: listed(coordinatorForms),
  identity: (participants) => ({ transaction: 'transaction', participants }),
};

/** What the compiler is told of the statechart of a branch, which knows of no participant but its own. */
export const branchDescription: MachineDescription = {
  machine: participantMachine,
  forms: listed(participantForms),
  identity: () => ({ transaction: 'transaction', participant: 'participant' }),
};

const compiledCoordinator = new CompiledChart<CoordinatorSnapshot, CoordinatorEvent>(coordinatorDescription);
const compiledBranch = new CompiledChart<ParticipantSnapshot, ParticipantEvent>(branchDescription);

const NOBODY: readonly string[] = [];

/** The coordinator of a transaction that has just begun; `participants` names each once. */
export function newCoordinator(transaction: string, participants: readonly string[]): CoordinatorInstance {
  return compiledCoordinator.begin({ transaction, participants }, participants);
}

/** A coordinator as it was found in the log. */
export function resumeCoordinator(snapshot: CoordinatorSnapshot): CoordinatorInstance {
  return compiledCoordinator.resume(snapshot, snapshot.context.participants);
}

/** The branch of a participant that has just been enlisted. */
export function newBranch(context: ParticipantContext): BranchInstance {
  return compiledBranch.begin(context, NOBODY);
}

/** A branch as it was found in its store. */
export function resumeBranch(snapshot: ParticipantSnapshot): BranchInstance {
  return compiledBranch.resume(snapshot, NOBODY);
}

/**
 * `stepCoordinator` through the table, from a snapshot to a snapshot, for whoever explores steps from one and the same state.
 *
 * @param chart - another one only to test the tests.
 */
export function stepCompiledCoordinator(
  snapshot: CoordinatorSnapshot,
  event: CoordinatorEvent,
  chart: CompiledChart<CoordinatorSnapshot, CoordinatorEvent> = compiledCoordinator,
): Step<CoordinatorSnapshot, CoordinatorEffect> {
  const instance = chart.resume(snapshot, snapshot.context.participants);
  return stepOnce(instance, snapshot, event, (action, context: CoordinatorContext) => coordinatorEffects[action]?.(context, event));
}

/** `stepBranch` through the table; see {@link stepCompiledCoordinator}. */
export function stepCompiledBranch(snapshot: ParticipantSnapshot, event: ParticipantEvent): Step<ParticipantSnapshot, ParticipantEffect> {
  return stepOnce(resumeBranch(snapshot), snapshot, event, (action) => participantEffects[action]?.());
}

function stepOnce<Snapshot extends AnyMachineSnapshot, Event extends TabulatedEvent, Effect extends object>(
  instance: ChartInstance<Snapshot, Event>,
  before: Snapshot,
  event: Event,
  effectOf: (action: string, context: Snapshot['context']) => Effect | undefined,
): Step<Snapshot, Effect> {
  const actions = instance.step(event);
  if (actions === undefined) return { accepted: false, snapshot: before, effects: [] };
  const { snapshot } = instance;
  const effects = actions.flatMap((action) => {
    const effect = effectOf(action, snapshot.context);
    return effect === undefined ? [] : [{ action, ...effect }];
  });
  return { accepted: true, snapshot, effects };
}
