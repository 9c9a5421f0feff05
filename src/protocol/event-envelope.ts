/**
 * The one envelope that every event travels in: through a log, through shared memory, past an orderer and along a stream.
 * Its bytes are event-codec.ts, its JSON form is event-json.ts; both know only what this schema allows.
 */
import { z } from 'zod';
import { HybridTime } from './hybrid-time.ts';
import { identifierPattern, identifierRule, OriginName, TransactionId } from './identifiers.ts';
import { VectorClock } from './vector-clock.ts';

export const MAX_EVENT_ID_LENGTH = 128;
export const MAX_EVENT_KIND_LENGTH = 64;
/** In UTF-8, as the keys of a key-value participant. */
export const MAX_EVENT_KEY_BYTES = 1_024;
/** Holds the largest value of a key-value participant, and fits with all the rest into one record of a log. */
export const MAX_EVENT_PAYLOAD_BYTES = 4 * 1024 * 1024;
export const MAX_PRIORITY = 255;

export const EVENT_ID_PATTERN = new RegExp(`^[A-Za-z0-9_.:/-]{1,${MAX_EVENT_ID_LENGTH}}$`);
export const EVENT_KIND_PATTERN = identifierPattern(MAX_EVENT_KIND_LENGTH);

const EventId = z.string().regex(EVENT_ID_PATTERN, `must be 1 to ${MAX_EVENT_ID_LENGTH} letters, digits, '_', '.', ':', '/' or '-'`);

const EventKind = z.string().regex(EVENT_KIND_PATTERN, identifierRule(MAX_EVENT_KIND_LENGTH));

const EventKey = z.string().refine(isEventKey, `must be 1 to ${MAX_EVENT_KEY_BYTES} bytes of well-formed Unicode in UTF-8`);

const EventPayload = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length <= MAX_EVENT_PAYLOAD_BYTES,
  `must be a Uint8Array of at most ${MAX_EVENT_PAYLOAD_BYTES} bytes`,
);

/** Whether an event can be about `key`: a text that UTF-8 can say, within its bound. */
export function isEventKey(key: string): boolean {
  return key.length > 0 && key.isWellFormed() && Buffer.byteLength(key) <= MAX_EVENT_KEY_BYTES;
}

/**
 * An ordered semantic event: what happened, to what, as part of which transaction, and where it stands among other events.
 *
 * `origin`, `incarnation` and `sequence` together name one *sending* of it, and the sequences of one incarnation have no gaps, so that a
 * loss shows. `id` names what was sent: it stays the same when an origin that has restarted sends the event again.
 * All numbers are integers up to 2^53 - 1: at a million events a second that lasts for 285 years.
 */
export const EventEnvelope = z.strictObject({
  id: EventId,
  /** Who sends it. */
  origin: OriginName,
  /** Which life of the origin; a later one has a larger number. */
  incarnation: z.int().min(0),
  /** Counts the events of this incarnation from 1. */
  sequence: z.int().min(1),
  /** What happened before it; empty where the order of the channel says enough. */
  clock: VectorClock,
  time: HybridTime,
  /** What happened, in the vocabulary of the origin. */
  kind: EventKind,
  /** What it happened to, where it concerns one thing: events of one key conflict. */
  key: EventKey.exactOptional(),
  /** The larger, the more urgent; 0 where it does not matter. */
  priority: z.int().min(0).max(MAX_PRIORITY),
  /** The transaction that it is part of, where there is one. */
  transaction: TransactionId.exactOptional(),
  /** For the receiver; nobody between looks into it. */
  payload: EventPayload,
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;
