import type { TraceEvent } from '../../../protocol/trace-event.ts';
import type { RunReport } from '../../run/run-report.ts';

export type RecoveredCrash = NonNullable<RunReport['recoveredCrash']>;

const client = 'client';
const coordinator = 'coordinator';

/** One row of the diagram. Lanes go by their names. */
export type CrashStep =
  | { readonly kind: 'message'; readonly from: string; readonly to: string; readonly text: string }
  | { readonly kind: 'note'; readonly lane: string; readonly text: string }
  | { readonly kind: 'crash' | 'recovery'; readonly lane: string; readonly text: string };

/** More rows than this are no picture any more. */
const MAX_STEPS = 60;
/** Of these, how many may come before the crash. */
const MAX_STEPS_BEFORE = 25;

/** The part of a recorded transaction around its crash, as rows. */
export interface CrashStory {
  readonly lanes: readonly string[];
  readonly steps: readonly CrashStep[];
  readonly omittedBefore: number;
  readonly omittedAfter: number;
}

export function crashStory(crash: RecoveredCrash): CrashStory {
  const { events, crashAt, participants, point } = crash;
  const start = events.length <= MAX_STEPS ? 0 : Math.max(0, Math.min(crashAt - MAX_STEPS_BEFORE, events.length - MAX_STEPS));
  const shown = events.slice(start, start + MAX_STEPS);
  return {
    lanes: [client, coordinator, ...participants],
    steps: shown.map((event, index) =>
      step(event, { point: start + index === crashAt ? point : undefined, ofCoordinator: diedWithCoordinator(events, start + index) }),
    ),
    omittedBefore: start,
    omittedAfter: events.length - start - shown.length,
  };
}

/** What the event alone does not tell of a crash. */
interface CrashCause {
  /** Where the coordinator was killed. */
  readonly point: string | undefined;
  /** Whether a participant's crash is the death of its driver with the coordinator's process, which the store itself survives. */
  readonly ofCoordinator: boolean;
}

/** The first crash of a participant after one of the coordinator: it is recorded by the next coordinator, which starts its driver anew. */
function diedWithCoordinator(events: readonly TraceEvent[], at: number): boolean {
  const event = events[at];
  if (event?.action !== 'CrashParticipant') return false;
  const before = events.slice(0, at);
  const coordinatorAt = before.findLastIndex(({ action }) => action === 'CrashCoordinator');
  const ownAt = before.findLastIndex((earlier) => earlier.action === 'CrashParticipant' && earlier.rm === event.rm);
  return coordinatorAt > ownAt;
}

/** What a start found in a store. One that forgets outcomes, such as PostgreSQL, cannot say which of the last it is. */
const foundStates = {
  prepared: 'holds it prepared',
  committed: 'has it committed',
  aborted: 'has it rolled back',
  unprepared: 'holds nothing prepared (finished, or never prepared)',
} as const;

/** A message is drawn where it arrives: what is lost leaves no event. */
function step(event: TraceEvent, { point, ofCoordinator }: CrashCause): CrashStep {
  switch (event.action) {
    case 'RequestCommit':
      return message(client, coordinator, 'commit?');
    case 'RequestCommitOnePhase':
      return message(client, coordinator, 'commit in one phase?');
    case 'RequestRollback':
      return message(client, coordinator, 'roll back');
    case 'AskOutcome':
      return message(client, coordinator, 'what came of it?');
    case 'Answer':
      return message(coordinator, client, event.outcome);
    case 'VoteTimeOut':
      return note(coordinator, 'vote time-out');
    case 'OnePhaseTimeOut':
      return note(coordinator, 'waits no longer for the one-phase commit');
    case 'ParticipantSuspected':
      return note(coordinator, `suspects ${event.rm}`);
    case 'ReportHazard':
      return note(coordinator, 'reports a hazard');
    case 'ReceivePrepare':
    case 'ReceiveCommitOnePhase':
    case 'ReceiveCommit':
    case 'ReceiveAbort':
    case 'ReceiveForget':
      return message(coordinator, event.rm, event.action.slice('Receive'.length));
    case 'ReceiveYes':
    case 'ReceiveNo':
    case 'ReceiveReadOnly':
    case 'ReceiveAck':
    case 'ReceiveHeuristicCommitted':
    case 'ReceiveHeuristicAborted':
      return message(event.rm, coordinator, event.action.slice('Receive'.length));
    case 'Resend':
      return note(coordinator, `resend to ${event.rm}`);
    case 'AbortUnilaterally':
      return note(event.rm, 'aborts alone');
    case 'DropStale':
      return note(event.rm, 'drops a stale branch');
    case 'VoteReadOnly':
      return note(event.rm, 'has only read');
    case 'RefusePrepare':
      return note(event.rm, 'refuses to prepare');
    case 'RefuseOnePhase':
      return note(event.rm, 'refuses to commit');
    case 'HeuristicCommit':
    case 'HeuristicAbort':
      return note(event.rm, `decides alone: ${event.action === 'HeuristicCommit' ? 'commit' : 'abort'}`);
    case 'VoteAgain':
      return note(event.rm, 'votes again');
    case 'FlushCoordinator':
      return note(coordinator, `${event.record} durable`);
    case 'FlushParticipant':
      return note(event.rm, `${event.record} durable`);
    case 'CrashCoordinator':
      return { kind: 'crash', lane: coordinator, text: `coordinator killed${point === undefined ? '' : ` ${point}`}` };
    case 'CrashParticipant':
      return {
        kind: 'crash',
        lane: event.rm,
        text: ofCoordinator
          ? `the driver of ${event.rm} died with the coordinator`
          : `the call to ${event.rm} failed: its driver asks anew`,
      };
    case 'RecoverCoordinator':
      return { kind: 'recovery', lane: coordinator, text: `coordinator restarted; by its log: ${event.state}` };
    case 'RecoverParticipant':
      return { kind: 'recovery', lane: event.rm, text: `${event.rm} ${foundStates[event.state]}` };
  }
}

function message(from: string, to: string, text: string): CrashStep {
  return { kind: 'message', from, to, text };
}

function note(lane: string, text: string): CrashStep {
  return { kind: 'note', lane, text };
}
