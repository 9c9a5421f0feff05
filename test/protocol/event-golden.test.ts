/**
 * Method: the events in golden/, of every version that was ever written, are read as bytes and as JSON, and those of the newest version
 * are written again. A file is never changed: a new version adds its own. The bytes of one are also put together here, by hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EventFormatError } from '../../src/protocol/errors.ts';
import { decodeEvent, encodeEvent } from '../../src/protocol/event-codec.ts';
import { eventFromJson, eventToJson } from '../../src/protocol/event-json.ts';
import { EVENT_VERSION } from '../../src/protocol/event-version.ts';

const directory = fileURLToPath(new URL('golden/', import.meta.url));
const names = readdirSync(directory)
  .filter((name) => name.endsWith('.bin'))
  .map((name) => name.slice(0, -'.bin'.length));
const versionOf = (name: string) => Number(/^event-(\d+)-/.exec(name)?.[1]);
const bytesOf = (name: string) => new Uint8Array(readFileSync(`${directory}${name}.bin`));
const jsonOf = (name: string): unknown => JSON.parse(readFileSync(`${directory}${name}.json`, 'utf8'));

describe('the golden files', () => {
  it('are there for every version up to the newest', () => {
    const versions = new Set(names.map(versionOf));
    expect([...versions].sort()).toEqual(Array.from({ length: EVENT_VERSION }, (_, index) => index + 1));
  });

  it.each(names)('%s is the same event as bytes and as JSON', (name) => {
    expect(decodeEvent(bytesOf(name))).toEqual(eventFromJson(jsonOf(name)));
  });

  it.each(names.filter((name) => versionOf(name) === EVENT_VERSION))('%s is written again byte for byte', (name) => {
    const event = decodeEvent(bytesOf(name));
    expect(encodeEvent(event)).toEqual(bytesOf(name));
    expect(eventToJson(event)).toEqual(jsonOf(name));
  });

  it.each(names)('%s is refused once its version is one that this code does not know', (name) => {
    const bytes = bytesOf(name);
    bytes[0] = EVENT_VERSION + 1;
    const json = { ...(jsonOf(name) as object), version: EVENT_VERSION + 1 };
    for (const read of [() => decodeEvent(bytes), () => eventFromJson(json)]) {
      expect(read).toThrow(EventFormatError);
      expect(read).toThrow(expect.objectContaining({ code: 'EVENT_TOO_NEW', version: EVENT_VERSION + 1 }));
    }
  });

  it('event-1-small has the bytes that its layout says', () => {
    const text = (value: string) => [value.length, ...Buffer.from(value)];
    const u64 = (value: number) => [...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)];
    expect([...bytesOf('event-1-small')]).toEqual([
      ...[1, 9, 2, 2, 0, 0, 0],
      ...[...u64(1), ...u64(7), ...u64(1_700_000_000_000)],
      ...[...text('kernel/1/7'), ...text('kernel'), ...text('put'), ...text('t-1')],
      ...[6, 0, 0xc3, 0xa4, ...Buffer.from('pfel')],
      ...[...text('kernel'), ...u64(1), ...u64(7), ...text('shop'), ...u64(3), ...u64(300)],
      ...[3, 0, 0, 0, 0, 255, 10],
    ]);
  });
});
