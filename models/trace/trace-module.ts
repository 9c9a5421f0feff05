import type { RecordedTransaction } from '../../src/protocol/recorded-run.ts';
import type { TraceEvent } from '../../src/protocol/trace-event.ts';

/** Traces with the same number of participants: TLC judges them in one run. */
export interface TraceBatch {
  readonly participants: number;
  /** The different traces, as {@link printTraceModule} takes them. */
  readonly traces: readonly CanonicalTrace[];
}

/**
 * One trace with its participants renamed `p1`, `p2`, ... in the order in which it mentions them. Runs repeat themselves:
 * traces that are alike but for the names are judged once.
 */
export interface CanonicalTrace {
  readonly events: readonly string[];
  /** Which of the given transactions have this trace. */
  readonly indexes: readonly number[];
}

/** Sorts transactions into batches. Every event must name participants of its transaction only. */
export function batchTraces(transactions: readonly (RecordedTransaction & { readonly index: number })[]): TraceBatch[] {
  const batches = new Map<number, Map<string, { events: readonly string[]; indexes: number[] }>>();
  for (const { index, participants, events } of transactions) {
    const size = new Set(participants).size;
    const batch = batches.get(size) ?? new Map<string, { events: readonly string[]; indexes: number[] }>();
    batches.set(size, batch);
    const canonical = canonicalEvents(events);
    const key = canonical.join('\n');
    const same = batch.get(key);
    if (same) same.indexes.push(index);
    else batch.set(key, { events: canonical, indexes: [index] });
  }
  return [...batches].map(([participants, traces]) => ({ participants, traces: [...traces.values()] }));
}

/** The names that a canonical trace gives to participants, by their own names. */
export function canonicalNames(events: readonly TraceEvent[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const event of events) if ('rm' in event && !names.has(event.rm)) names.set(event.rm, `p${names.size + 1}`);
  return names;
}

function canonicalEvents(events: readonly TraceEvent[]): string[] {
  const names = canonicalNames(events);
  return events.map((event) => printEvent(event, 'rm' in event ? (names.get(event.rm) ?? '') : ''));
}

function printEvent(event: TraceEvent, rm: string): string {
  return `[action |-> "${event.action}", rm |-> "${rm}", detail |-> "${detailOf(event)}"]`;
}

function detailOf(event: TraceEvent): string {
  switch (event.action) {
    case 'FlushCoordinator':
    case 'FlushParticipant':
      return event.record;
    case 'RecoverCoordinator':
    case 'RecoverParticipant':
      return event.state;
    case 'Answer':
      return event.outcome;
    default:
      return '';
  }
}

/** The module `TwoPhaseTraceData` for one batch. Events are written once and traces point to them: TLC reads it in a second. */
export function printTraceModule({ participants, traces }: TraceBatch): string {
  const positions = new Map<string, number>();
  for (const { events } of traces) for (const event of events) if (!positions.has(event)) positions.set(event, positions.size + 1);
  const names = Array.from({ length: participants }, (_, index) => `"p${index + 1}"`);
  const sequences = traces.map(({ events }) => `    <<${events.map((event) => positions.get(event)).join(', ')}>>`);
  return [
    '------------------------- MODULE TwoPhaseTraceData -------------------------',
    `RecordedParticipants == {${names.join(', ')}}`,
    '',
    'RecordedEvents == <<',
    [...positions.keys()].map((event) => `    ${event}`).join(',\n'),
    '>>',
    '',
    'RecordedTraces == <<',
    sequences.join(',\n'),
    '>>',
    '=============================================================================',
    '',
  ].join('\n');
}
