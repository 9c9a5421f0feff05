import fc from 'fast-check';
import { type EventEnvelope, MAX_EVENT_KEY_BYTES } from '../../src/protocol/event-envelope.ts';
import { MAX_LOGICAL } from '../../src/protocol/hybrid-time.ts';
import { type ClockEntry, compareClockEntries, MAX_CLOCK_ENTRIES } from '../../src/protocol/vector-clock.ts';

const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,48}$/);
const count = (min = 0) => fc.oneof(fc.integer({ min, max: 5 }), fc.maxSafeInteger().map(Math.abs)).map((value) => Math.max(min, value));
const entry: fc.Arbitrary<ClockEntry> = fc.record({ origin: name, incarnation: count(), counter: count() });
const clock = fc
  .uniqueArray(entry, { maxLength: MAX_CLOCK_ENTRIES, selector: ({ origin, incarnation }) => `${origin} ${incarnation}` })
  .map((entries) => entries.sort(compareClockEntries));
const key = fc
  .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }))
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= MAX_EVENT_KEY_BYTES);

/** Every event that the schema allows, with payloads of up to 300 bytes. */
export const arbitraryEvent: fc.Arbitrary<EventEnvelope> = fc.record(
  {
    id: fc.stringMatching(/^[A-Za-z0-9_.:/-]{1,128}$/),
    origin: name,
    incarnation: count(),
    sequence: count(1),
    clock,
    time: fc.record({ wallMs: count(), logical: fc.nat(MAX_LOGICAL) }),
    kind: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
    key,
    priority: fc.nat(255),
    transaction: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
    payload: fc.uint8Array({ maxLength: 300 }),
  },
  { requiredKeys: ['id', 'origin', 'incarnation', 'sequence', 'clock', 'time', 'kind', 'priority', 'payload'], noNullPrototype: true },
) as fc.Arbitrary<EventEnvelope>;
