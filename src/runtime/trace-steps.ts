import type { TraceRecord } from '../protocol/recorded-run.ts';
import type { TraceEvent } from '../protocol/trace-event.ts';
import type { CoordinatorEvent } from '../statecharts/coordinator.ts';
import type { ParticipantEvent } from '../statecharts/participant.ts';

type WithoutHeader<Value> = Value extends unknown ? Omit<Value, 'seq' | 'at'> : never;

/** A record that has yet to get its number and time. */
export type NewTraceRecord = WithoutHeader<TraceRecord>;

/** A coordinator's event, as it is recorded. */
export function coordinatorStep(event: CoordinatorEvent): TraceEvent {
  if (event.type === 'FlushCoordinator') return { action: event.type, record: event.record };
  return 'participant' in event ? { action: event.type, rm: event.participant } : { action: event.type };
}

/** A branch's event, as it is recorded. */
export function branchStep(event: ParticipantEvent, rm: string): TraceEvent {
  return event.type === 'FlushParticipant' ? { action: event.type, rm, record: event.record } : { action: event.type, rm };
}
