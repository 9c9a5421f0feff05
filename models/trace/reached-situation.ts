import { InvalidInputError } from '../../src/protocol/errors.ts';
import { parseValue } from '../tlc/parse-tla-value.ts';
import { TlaRecord, TlaSequence, TlaSet, type TlaValue } from '../tlc/tla-value.ts';

/** How far one behaviour came along a trace, and what was so there. */
export interface ReachedSituation {
  /** Number of the trace in its batch, from 1. */
  readonly trace: number;
  /** How many of its events had happened. */
  readonly position: number;
  readonly coordinator: string;
  /** The state of each participant, by its canonical name. */
  readonly participants: ReadonlyMap<string, string>;
  /** Type and participant of each message in flight. */
  readonly network: readonly (readonly [type: string, participant: string])[];
  readonly told: readonly string[];
}

/** Parses a line of `ReportReached` in TwoPhaseTrace.tla: a string that holds a value. Anything else is not one. */
export function parseReached(line: string): ReachedSituation | undefined {
  if (!line.startsWith('"<<')) return undefined;
  const [trace, position, situation] = elements(parseValue(text(parseValue(line))));
  if (typeof trace !== 'number' || typeof position !== 'number' || !(situation instanceof TlaRecord)) throw unexpected(line);
  const participants = situation.get('participants');
  if (!(participants instanceof TlaRecord)) throw unexpected(line);
  return {
    trace,
    position,
    coordinator: text(situation.get('coordinator')),
    participants: new Map([...participants.fields].map(([name, state]) => [name, text(state)])),
    network: elements(situation.get('network')).map((message) => {
      const [type, participant] = elements(message);
      return [text(type), text(participant)];
    }),
    told: elements(situation.get('told')).map(text),
  };
}

/** A sentence on the situation; `nameOf` gives a participant's own name. */
export function describeSituation(situation: ReachedSituation, nameOf: (canonical: string) => string): string {
  const participants = [...situation.participants].map(([name, state]) => `${nameOf(name)} is ${state}`);
  const messages = situation.network.map(([type, participant]) =>
    ['Yes', 'No', 'Ack'].includes(type) ? `${type} from ${nameOf(participant)}` : `${type} to ${nameOf(participant)}`,
  );
  return [
    `the coordinator is ${situation.coordinator}`,
    ...participants,
    `the client has been told ${situation.told.length === 0 ? 'nothing' : `"${situation.told.join('" and "')}"`}`,
    `in flight: ${messages.length === 0 ? 'nothing' : messages.join(', ')}`,
  ].join('; ');
}

function elements(value: TlaValue | undefined): readonly TlaValue[] {
  if (value instanceof TlaSequence || value instanceof TlaSet) return value.elements;
  throw unexpected(String(value));
}

function text(value: TlaValue | undefined): string {
  if (typeof value === 'string') return value;
  throw unexpected(String(value));
}

function unexpected(what: string): InvalidInputError {
  return new InvalidInputError(`TwoPhaseTrace printed something else than a situation: ${what}`);
}
