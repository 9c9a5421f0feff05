/** Method: random events through JSON text and back; what is no event is refused with the name of its field. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventFormatError } from '../../src/protocol/errors.ts';
import { eventFromJson, eventToJson } from '../../src/protocol/event-json.ts';
import { arbitraryEvent } from './arbitrary-event.ts';

const json = {
  version: 1,
  id: 'a/0/1',
  origin: 'a',
  incarnation: 0,
  sequence: 1,
  clock: [],
  time: { wallMs: 0, logical: 0 },
  kind: 'k',
  priority: 0,
  payload: { base64: 'AP8K' },
};

describe('the JSON form of an event', () => {
  it('reads back as it was written, through text', () => {
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        expect(eventFromJson(JSON.parse(JSON.stringify(eventToJson(event))))).toEqual(event);
      }),
    );
  });

  it('has the payload of a view, and not of all that is behind it', () => {
    const view = Uint8Array.of(1, 0, 255, 10, 1).subarray(1, 4);
    expect(eventToJson({ ...eventFromJson(json), payload: view }).payload).toEqual(json.payload);
    expect(eventFromJson(json).payload).toEqual(view);
  });

  it.each([
    ['a field that is missing', { sequence: undefined }, /sequence/],
    ['a field too many', { colour: 'red' }, /colour/],
    ['a number that JSON would round', { sequence: 2 ** 53 }, /sequence/],
    ['a number as text', { incarnation: '1' }, /incarnation/],
    ['a payload that is no base64', { payload: { base64: 'A' } }, /base64/],
    ['a payload with bits after its last byte', { payload: { base64: 'AP8=' }, id: 'x' }, undefined],
    ['a payload with other bits after its last byte', { payload: { base64: 'AP9=' } }, /canonical/],
    ['a payload that does not say how it is encoded', { payload: 'AP8K' }, /payload/],
    ['a clock that is not sorted', { clock: ['b', 'a'].map((origin) => ({ origin, incarnation: 0, counter: 1 })) }, /sorted/],
    ['no version', { version: undefined }, /version/],
    ['version 0', { version: 0 }, /version/],
  ])('%s', (_, change, complaint) => {
    const read = () => eventFromJson({ ...json, ...change });
    if (complaint === undefined) expect(read().payload).toEqual(Uint8Array.of(0, 255));
    else {
      expect(read).toThrow(EventFormatError);
      expect(read).toThrow(complaint);
    }
  });

  it('is refused as newer, and not as malformed, where a later version wrote it', () => {
    expect(() => eventFromJson({ version: 2, anything: true })).toThrow(expect.objectContaining({ code: 'EVENT_TOO_NEW', version: 2 }));
  });

  it('that is no object at all is refused with the typed error', () => {
    for (const value of [null, 1, 'x', [], undefined]) expect(() => eventFromJson(value)).toThrow(EventFormatError);
  });
});
