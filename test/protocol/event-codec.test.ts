/**
 * Method: random events, and every way to spoil the bytes of one that is small enough to enumerate. The oracles are the event
 * that was encoded, the schema, and the bytes themselves, since there is only one encoding. The numbers are the invariants in event-codec.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrames, encodeHeader, MAX_PAYLOAD_BYTES, scanLog } from '../../src/log/frame.ts';
import { EventFormatError, InvalidInputError } from '../../src/protocol/errors.ts';
import { decodeEvent, encodedEventBytes, encodeEvent, encodeEventInto, MAX_EVENT_BYTES } from '../../src/protocol/event-codec.ts';
import { EventEnvelope, MAX_EVENT_PAYLOAD_BYTES } from '../../src/protocol/event-envelope.ts';
import { EVENT_VERSION } from '../../src/protocol/event-version.ts';
import { arbitraryEvent } from './arbitrary-event.ts';

const small: EventEnvelope = {
  id: 'kernel/1/7',
  origin: 'kernel',
  incarnation: 1,
  sequence: 7,
  clock: [
    { origin: 'kernel', incarnation: 1, counter: 7 },
    { origin: 'shop', incarnation: 3, counter: 300 },
  ],
  time: { wallMs: 1_700_000_000_000, logical: 2 },
  kind: 'put',
  key: 'äpfel',
  priority: 9,
  transaction: 't-1',
  payload: Uint8Array.of(0, 255, 10),
};

/** What decoding comes to; any other error than the typed one fails the test. */
function decoded(bytes: Uint8Array): EventEnvelope | EventFormatError {
  try {
    return decodeEvent(bytes);
  } catch (error) {
    if (error instanceof EventFormatError) return error;
    throw error;
  }
}

describe('an event', () => {
  it('reads back as it was encoded, and the schema allows what is read (1, 4)', () => {
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        const read = decodeEvent(encodeEvent(event));
        expect(read).toEqual(event);
        expect(EventEnvelope.parse(read)).toEqual(event);
      }),
    );
  });

  it('has one encoding, whatever the order of its fields (2)', () => {
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        const turned = Object.fromEntries(Object.entries(event).reverse()) as EventEnvelope;
        expect(encodeEvent(turned)).toEqual(encodeEvent(event));
      }),
    );
  });

  it('is written into memory of the caller, and touches nothing around it', () => {
    fc.assert(
      fc.property(arbitraryEvent, fc.nat(40), fc.nat(40), (event, before, after) => {
        const size = encodedEventBytes(event);
        const target = new Uint8Array(before + size + after).fill(0xa5);
        expect(encodeEventInto(event, target, before)).toBe(before + size);
        expect(target.subarray(before, before + size)).toEqual(encodeEvent(event));
        expect(Buffer.concat([target.subarray(0, before), target.subarray(before + size)]).every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });

  it('that does not fit writes nothing', () => {
    const target = new Uint8Array(encodedEventBytes(small) + 3);
    expect(() => encodeEventInto(small, target, 4)).toThrow(RangeError);
    expect(target.every((byte) => byte === 0)).toBe(true);
  });

  it('has at most MAX_EVENT_BYTES, which a record of a log can hold', () => {
    const entries = Array.from({ length: 128 }, (_, index) => ({ origin: `${index}`.padStart(48, '0'), incarnation: 1, counter: 1 }));
    const largest: EventEnvelope = {
      ...small,
      id: 'i'.repeat(128),
      origin: 'o'.repeat(48),
      kind: 'k'.repeat(64),
      transaction: 't'.repeat(64),
      key: 'ä'.repeat(512),
      clock: entries,
      payload: new Uint8Array(MAX_EVENT_PAYLOAD_BYTES),
    };
    expect(encodeEvent(largest)).toHaveLength(MAX_EVENT_BYTES);
    expect(Buffer.compare(decodeEvent(encodeEvent(largest)).payload, largest.payload)).toBe(0);
    expect(MAX_EVENT_BYTES).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
  });
});

describe('what the schema does not allow', () => {
  const spoilt: readonly (readonly [string, Partial<Record<keyof EventEnvelope, unknown>>])[] = [
    ['an empty id', { id: '' }],
    ['an id with a space', { id: 'a b' }],
    ['an id of 129 characters', { id: 'i'.repeat(129) }],
    ['an origin of 49 characters', { origin: 'o'.repeat(49) }],
    ['an origin outside of ASCII', { origin: 'ö' }],
    ['an empty kind', { kind: '' }],
    ['a kind of 65 characters', { kind: 'k'.repeat(65) }],
    ['an empty transaction', { transaction: '' }],
    ['an empty key', { key: '' }],
    ['a key of 1,025 bytes', { key: `a${'ä'.repeat(512)}` }],
    ['half of a surrogate pair', { key: 'a\ud800' }],
    ['a sequence of 0', { sequence: 0 }],
    ['a negative incarnation', { incarnation: -1 }],
    ['a fraction', { sequence: 1.5 }],
    ['a number past 2^53', { incarnation: 2 ** 53 }],
    ['no number', { sequence: Number.NaN }],
    ['a priority of 256', { priority: 256 }],
    ['a logical time past 32 bits', { time: { wallMs: 0, logical: 2 ** 32 } }],
    ['a time before 1970', { time: { wallMs: -1, logical: 0 } }],
    ['a clock out of order', { clock: [...small.clock].reverse() }],
    ['a clock with one entry twice', { clock: [small.clock[0], small.clock[0]] }],
    ['a clock that names nobody', { clock: [{ origin: '', incarnation: 1, counter: 1 }] }],
    ['a clock that counts below 0', { clock: [{ origin: 'o', incarnation: 1, counter: -1 }] }],
    [
      'a clock of 129 entries',
      { clock: Array.from({ length: 129 }, (_, index) => ({ origin: `o${index}`.padStart(5, '0'), incarnation: 1, counter: 1 })) },
    ],
    ['a payload that is too large', { payload: new Uint8Array(MAX_EVENT_PAYLOAD_BYTES + 1) }],
  ];

  it.each(spoilt)('%s cannot be encoded either (4)', (_, change) => {
    const event = { ...small, ...change } as EventEnvelope;
    expect(EventEnvelope.safeParse(event).success).toBe(false);
    const target = new Uint8Array(10_000);
    expect(() => encodeEvent(event)).toThrow(InvalidInputError);
    expect(() => encodeEvent(event)).toThrow(Object.keys(change)[0]);
    expect(() => encodeEventInto(event, target)).toThrow(InvalidInputError);
    expect(target.every((byte) => byte === 0)).toBe(true);
  });

  it('is refused by the encoder exactly where the schema refuses it, for numbers and texts of all kinds (4)', () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>('', 'a', 'a b', 'ä', 'x\ud800', '\ufeffk', 'a/b', 'a:b', 'x'.repeat(49), 'x'.repeat(65), 'x'.repeat(129)),
      fc.constantFrom<unknown>(-1, 0, 1, 255, 256, 1.5, 2 ** 32, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY),
    );
    const field = fc.constantFrom('id', 'origin', 'incarnation', 'sequence', 'kind', 'key', 'priority', 'transaction');
    fc.assert(
      fc.property(arbitraryEvent, field, odd, (event, name, value) => {
        const isText = !['incarnation', 'sequence', 'priority'].includes(name);
        fc.pre((typeof value === 'string') === isText);
        const changed = { ...event, [name]: value } as EventEnvelope;
        let isEncoded = true;
        try {
          encodeEvent(changed);
        } catch {
          isEncoded = false;
        }
        expect(isEncoded).toBe(EventEnvelope.safeParse(changed).success);
      }),
      { numRuns: 500 },
    );
  });
});

describe('bytes that are not an event', () => {
  const bytes = encodeEvent(small);

  it('are refused at every length that is cut off, with the offset of the field that is missing (3)', () => {
    for (let length = 0; length < bytes.length; length += 1) {
      const result = decoded(bytes.subarray(0, length));
      expect(result, `cut at ${length}`).toMatchObject({ code: 'EVENT_MALFORMED', kind: 'terminal' });
      expect((result as EventFormatError).offset, `cut at ${length}`).toBeLessThanOrEqual(length);
    }
  });

  it('are refused when anything follows (3)', () => {
    expect(decoded(Buffer.concat([bytes, Uint8Array.of(0)]))).toMatchObject({ code: 'EVENT_MALFORMED', offset: bytes.length });
  });

  it('of a later version are refused as such, with both versions, whatever follows (3)', () => {
    for (let version = EVENT_VERSION + 1; version < 256; version += 1) {
      const result = decoded(Uint8Array.of(version, 1, 2, 3));
      expect(result).toMatchObject({ code: 'EVENT_TOO_NEW', version, offset: 0 });
      expect((result as Error).message).toMatch(new RegExp(`format ${version}.*up to ${EVENT_VERSION}`));
    }
    expect(decoded(Uint8Array.of(0))).toMatchObject({ code: 'EVENT_MALFORMED', offset: 0, version: 0 });
  });

  it('with one byte changed are refused, or are another event, encoded just so (2, 3)', () => {
    let refused = 0;
    for (let offset = 0; offset < bytes.length; offset += 1) {
      for (let change = 1; change < 256; change += 1) {
        const damaged = bytes.slice();
        damaged[offset]! ^= change;
        const result = decoded(damaged);
        if (result instanceof EventFormatError) refused += 1;
        else if (Buffer.compare(encodeEvent(result), damaged) !== 0)
          throw new Error(`byte ${offset} ^ ${change} was read as something else`);
      }
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('in a frame of a log are never another event: its checksum covers every byte', () => {
    const log = Buffer.concat([encodeHeader(), encodeFrames([bytes], 1, 0)]);
    for (let offset = log.length - bytes.length; offset < log.length; offset += 1) {
      for (const change of [1, 0x20, 0x80, 0xff]) {
        const damaged = new Uint8Array(log);
        damaged[offset]! ^= change;
        expect(scanLog(damaged)).toMatchObject({ tail: 'torn', payloads: [] });
      }
    }
  });

  it('at random are refused with the typed error alone, or are encoded just so (2, 3)', () => {
    const header = fc.tuple(fc.constantFrom(0, 1, 1, 1, 2), fc.nat(255), fc.nat(3)).map((numbers) => Uint8Array.from(numbers));
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(header, fc.uint8Array({ maxLength: 200 })).map(([start, rest]) => new Uint8Array(Buffer.concat([start, rest]))),
      fc.tuple(arbitraryEvent, fc.nat(), fc.nat(255)).map(([event, at, value]) => {
        const damaged = encodeEvent(event);
        damaged[at % damaged.length] = value;
        return damaged;
      }),
    );
    fc.assert(
      fc.property(noise, (input) => {
        const result = decoded(input);
        if (!(result instanceof EventFormatError)) expect(encodeEvent(result)).toEqual(input);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a key that is no UTF-8', (copy: Uint8Array) => copy.set([0xff], copy.indexOf(0xc3)), 'key'],
    ['an origin outside of ASCII', (copy: Uint8Array) => copy.set([0xe4], 43), 'origin'],
    ['a sequence of 0', (copy: Uint8Array) => copy.fill(0, 15, 23), 'sequence'],
    ['a number past 2^53', (copy: Uint8Array) => copy.fill(0xff, 15, 23), 'sequence'],
  ])('%s is named, with its field (3)', (_, spoil, field) => {
    const copy = bytes.slice();
    spoil(copy);
    expect(decoded(copy)).toMatchObject({ code: 'EVENT_MALFORMED', message: expect.stringContaining(`"${field}"`), version: 1 });
  });
});
