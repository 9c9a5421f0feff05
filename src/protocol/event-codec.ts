/**
 * The bytes of one event. Pure, and without a checksum: whoever stores or sends them brings one (a log's frame, a ring's slot).
 *
 *     event   = version (u8), priority (u8), clock entries (u8), logical (u32), incarnation (u64), sequence (u64), wallMs (u64),
 *               id, origin, kind, transaction (each: length (u8), ASCII), key (length (u16), UTF-8), entry*,
 *               payload (length (u32), bytes)
 *     entry   = origin (length (u8), ASCII), incarnation (u64), counter (u64)
 *
 * All integers are little-endian. A transaction or a key of length 0 stands for none.
 *
 * Invariants, cited by the tests:
 *
 * 1. Decoding what was encoded gives the same event.
 * 2. Equal events have equal bytes, and bytes that decode are the ones that their event is encoded to.
 * 3. Bytes that are cut short, continued, out of bounds, or no UTF-8 are refused, and so is a newer version; nothing is skipped.
 * 4. What can be encoded is what the schema allows; nothing else is decoded either.
 */
import { InvalidInputError } from './errors.ts';
import {
  EVENT_ID_PATTERN,
  EVENT_KIND_PATTERN,
  type EventEnvelope,
  isEventKey,
  MAX_EVENT_ID_LENGTH,
  MAX_EVENT_KEY_BYTES,
  MAX_EVENT_KIND_LENGTH,
  MAX_EVENT_PAYLOAD_BYTES,
  MAX_PRIORITY,
} from './event-envelope.ts';
import { EventReader } from './event-reader.ts';
import { EVENT_VERSION, tooNew } from './event-version.ts';
import { MAX_LOGICAL } from './hybrid-time.ts';
import { MAX_NAME_LENGTH, MAX_TRANSACTION_LENGTH, NAME_PATTERN, TRANSACTION_PATTERN } from './identifiers.ts';
import { type ClockEntry, compareClockEntries, MAX_CLOCK_ENTRIES, type VectorClock } from './vector-clock.ts';

/** Everything but the texts, the clock's entries and the payload: 31 bytes of numbers, 4 + 2 + 4 of lengths. */
const FIXED_BYTES = 41;
/** Of a clock's entry without its name: one byte of length and two numbers. */
const ENTRY_FIXED_BYTES = 17;

/** No event is larger, encoded. */
export const MAX_EVENT_BYTES =
  FIXED_BYTES +
  MAX_EVENT_ID_LENGTH +
  MAX_NAME_LENGTH +
  MAX_EVENT_KIND_LENGTH +
  MAX_TRANSACTION_LENGTH +
  MAX_EVENT_KEY_BYTES +
  MAX_CLOCK_ENTRIES * (ENTRY_FIXED_BYTES + MAX_NAME_LENGTH) +
  MAX_EVENT_PAYLOAD_BYTES;

const TWO_TO_32 = 2 ** 32;
const utf8 = new TextEncoder();

/** The bytes of an event, in the newest version. @throws InvalidInputError that names the field which the schema does not allow. */
export function encodeEvent(event: EventEnvelope): Uint8Array {
  const bytes = new Uint8Array(encodedEventBytes(event));
  write(event, bytes, 0);
  return bytes;
}

/**
 * Encodes into memory of the caller's, without allocating any for the bytes.
 *
 * @returns the offset behind the event.
 * @throws InvalidInputError as {@link encodeEvent}; `RangeError` where `target` is too short. Nothing was written then.
 */
export function encodeEventInto(event: EventEnvelope, target: Uint8Array, offset = 0): number {
  const end = offset + encodedEventBytes(event);
  if (end > target.length) throw new RangeError(`the event ends at byte ${end}, and there are ${target.length}`);
  return write(event, target, offset);
}

/** How many bytes an event has, encoded. @throws InvalidInputError as {@link encodeEvent}. */
export function encodedEventBytes(event: EventEnvelope): number {
  const { id, origin, kind, transaction, key, clock, payload, time } = event;
  assertText('id', id, EVENT_ID_PATTERN);
  assertText('origin', origin, NAME_PATTERN);
  assertText('kind', kind, EVENT_KIND_PATTERN);
  if (transaction !== undefined) assertText('transaction', transaction, TRANSACTION_PATTERN);
  if (key !== undefined && !isEventKey(key)) throw invalid('key');
  assertNumber('incarnation', event.incarnation, 0, Number.MAX_SAFE_INTEGER);
  assertNumber('sequence', event.sequence, 1, Number.MAX_SAFE_INTEGER);
  assertNumber('priority', event.priority, 0, MAX_PRIORITY);
  assertNumber('time.wallMs', time.wallMs, 0, Number.MAX_SAFE_INTEGER);
  assertNumber('time.logical', time.logical, 0, MAX_LOGICAL);
  if (payload.length > MAX_EVENT_PAYLOAD_BYTES) throw invalid('payload');
  const texts = id.length + origin.length + kind.length + (transaction?.length ?? 0);
  return FIXED_BYTES + texts + (key === undefined ? 0 : Buffer.byteLength(key)) + clockBytes(clock) + payload.length;
}

/**
 * Reads one event, of this version or of an older one, from exactly these bytes. The payload is a view of them.
 *
 * @throws EventFormatError with the offset of the first fault, and with the version where it was read. Nothing else.
 */
export function decodeEvent(bytes: Uint8Array): EventEnvelope {
  const reader = new EventReader(bytes);
  const version = reader.u8('version', 1);
  if (version > EVENT_VERSION) throw tooNew(version, 0);
  const event = readVersion1(reader);
  reader.end();
  return event;
}

/** A later version gets a function of its own beside this one, which goes on reading what is in the logs. */
function readVersion1(reader: EventReader): EventEnvelope {
  const priority = reader.u8('priority');
  const entries = reader.u8('clock', 0, MAX_CLOCK_ENTRIES);
  const logical = reader.u32('time.logical');
  const incarnation = reader.u64('incarnation');
  const sequence = reader.u64('sequence', 1);
  const wallMs = reader.u64('time.wallMs');
  const id = reader.text('id', EVENT_ID_PATTERN);
  const origin = reader.text('origin', NAME_PATTERN);
  const kind = reader.text('kind', EVENT_KIND_PATTERN);
  const transaction = reader.optionalText('transaction', TRANSACTION_PATTERN);
  const key = reader.optionalUtf8('key', MAX_EVENT_KEY_BYTES);
  const clock = readClock(reader, entries);
  const payload = reader.bytes('payload', MAX_EVENT_PAYLOAD_BYTES);
  return {
    id,
    origin,
    incarnation,
    sequence,
    clock,
    time: { wallMs, logical },
    kind,
    ...(key === undefined ? {} : { key }),
    priority,
    ...(transaction === undefined ? {} : { transaction }),
    payload,
  };
}

function readClock(reader: EventReader, entries: number): VectorClock {
  const clock: ClockEntry[] = [];
  for (let index = 0; index < entries; index += 1) {
    const { offset } = reader;
    const origin = reader.text('clock', NAME_PATTERN);
    const entry = { origin, incarnation: reader.u64('clock'), counter: reader.u64('clock') };
    const previous = clock.at(-1);
    if (previous !== undefined && compareClockEntries(previous, entry) >= 0) throw reader.malformed('clock', 'is not sorted', offset);
    clock.push(entry);
  }
  return clock;
}

function clockBytes(clock: VectorClock): number {
  if (clock.length > MAX_CLOCK_ENTRIES) throw invalid('clock');
  let size = 0;
  let previous: ClockEntry | undefined;
  for (const entry of clock) {
    assertText('clock', entry.origin, NAME_PATTERN);
    assertNumber('clock', entry.incarnation, 0, Number.MAX_SAFE_INTEGER);
    assertNumber('clock', entry.counter, 0, Number.MAX_SAFE_INTEGER);
    if (previous !== undefined && compareClockEntries(previous, entry) >= 0) throw invalid('clock');
    previous = entry;
    size += ENTRY_FIXED_BYTES + entry.origin.length;
  }
  return size;
}

/** Writes an event that was measured, and so is valid and fits; returns the offset behind it. */
function write(event: EventEnvelope, target: Uint8Array, start: number): number {
  const { key, clock, payload } = event;
  target[start] = EVENT_VERSION;
  target[start + 1] = event.priority;
  target[start + 2] = clock.length;
  let offset = putU32(target, start + 3, event.time.logical);
  offset = putU64(target, offset, event.incarnation);
  offset = putU64(target, offset, event.sequence);
  offset = putU64(target, offset, event.time.wallMs);
  offset = putText(target, offset, event.id);
  offset = putText(target, offset, event.origin);
  offset = putText(target, offset, event.kind);
  offset = putText(target, offset, event.transaction ?? '');
  const keyBytes = key === undefined ? 0 : utf8.encodeInto(key, target.subarray(offset + 2)).written;
  target[offset] = keyBytes & 0xff;
  target[offset + 1] = keyBytes >>> 8;
  offset += 2 + keyBytes;
  for (const entry of clock) {
    offset = putText(target, offset, entry.origin);
    offset = putU64(target, offset, entry.incarnation);
    offset = putU64(target, offset, entry.counter);
  }
  offset = putU32(target, offset, payload.length);
  target.set(payload, offset);
  return offset + payload.length;
}

function putText(target: Uint8Array, offset: number, text: string): number {
  target[offset] = text.length;
  for (let index = 0; index < text.length; index += 1) target[offset + 1 + index] = text.charCodeAt(index);
  return offset + 1 + text.length;
}

function putU64(target: Uint8Array, offset: number, value: number): number {
  return putU32(target, putU32(target, offset, value % TWO_TO_32), Math.floor(value / TWO_TO_32));
}

function putU32(target: Uint8Array, offset: number, value: number): number {
  target[offset] = value & 0xff;
  target[offset + 1] = (value >>> 8) & 0xff;
  target[offset + 2] = (value >>> 16) & 0xff;
  target[offset + 3] = value >>> 24;
  return offset + 4;
}

function assertText(field: string, text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw invalid(field);
}

function assertNumber(field: string, value: number, min: number, max: number): void {
  if (!(Number.isSafeInteger(value) && value >= min && value <= max)) throw invalid(field);
}

function invalid(field: string): InvalidInputError {
  return new InvalidInputError(`The event cannot be encoded: its field "${field}" is not what EventEnvelope allows. Nothing was written.`);
}
