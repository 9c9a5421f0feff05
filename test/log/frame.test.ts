/**
 * Method: small logs are damaged in every way that is small enough to enumerate (each truncation, each byte), larger ones
 * at random. The oracle is the list of what was written: a scan gives a prefix of it or the verdict `corrupt`. The numbers are the invariants in frame.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLog } from '../../src/log/decode-log.ts';
import {
  encodeFrames,
  encodeHeader,
  FORMAT_VERSION,
  FRAME_OVERHEAD_BYTES,
  HEADER_BYTES,
  type LogScan,
  MAX_PAYLOAD_BYTES,
  scanLog,
} from '../../src/log/frame.ts';
import { LogCorruptError } from '../../src/protocol/errors.ts';

const text = (value: string) => new TextEncoder().encode(value);
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** A log whose payloads were flushed batch by batch. */
function logOf(batches: readonly (readonly Uint8Array[])[]): Uint8Array {
  let sequence = 1;
  const frames = batches.map((batch) => {
    const bytes = encodeFrames(batch, sequence, sequence - 1);
    sequence += batch.length;
    return bytes;
  });
  return join(encodeHeader(), ...frames);
}

function recovered(scan: LogScan): Uint8Array[] {
  if (scan.tail === 'corrupt') throw new Error(`corrupt at ${scan.offset}: ${scan.reason}`);
  return [...scan.payloads];
}

function isPrefix(payloads: readonly Uint8Array[], written: readonly Uint8Array[]): boolean {
  return payloads.length <= written.length && payloads.every((payload, index) => Buffer.compare(payload, written[index]!) === 0);
}

const payload = fc.uint8Array({ minLength: 1, maxLength: 40 });
const batches = fc.array(fc.array(payload, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
const small = [[text('first'), text('{"type":"Commit"}')], [text('x')], [text('fourth'), new Uint8Array(30), text('last')]];
const smallWritten = small.flat();

describe('a whole log', () => {
  it('reads back as written, with no tail', () => {
    fc.assert(
      fc.property(batches, (written) => {
        const bytes = logOf(written);
        const scan = scanLog(bytes);
        expect(recovered(scan)).toEqual(written.flat());
        expect(scan).toMatchObject({ tail: 'clean', validLength: bytes.length });
      }),
    );
  });

  it('knows what was certainly flushed: all but the last batch', () => {
    const scan = scanLog(logOf(small));
    expect(scan).toMatchObject({ confirmedLength: logOf(small.slice(0, 2)).length });
  });

  it('is refused as newer, not as damaged, when a later version wrote it (4)', () => {
    const scan = scanLog(join(encodeHeader(FORMAT_VERSION + 1), text('anything at all')));
    expect(scan).toMatchObject({ tail: 'corrupt', offset: 0, reason: expect.stringContaining(`format ${FORMAT_VERSION + 1}`) });
  });

  it('is refused when it is some other file (4)', () => {
    expect(scanLog(text('SQLite format 3 and more'))).toMatchObject({
      tail: 'corrupt',
      reason: expect.stringContaining('not a Crossbound log'),
    });
    expect(scanLog(text('short'))).toMatchObject({ tail: 'corrupt' });
    expect(scanLog(encodeHeader(0))).toMatchObject({ tail: 'corrupt', reason: expect.stringContaining('format 0') });
  });

  it('has no frame for an empty or an oversized record', () => {
    expect(() => encodeFrames([new Uint8Array()], 1, 0)).toThrow(RangeError);
    expect(() => encodeFrames([new Uint8Array(MAX_PAYLOAD_BYTES + 1)], 1, 0)).toThrow(RangeError);
    expect(recovered(scanLog(join(encodeHeader(), encodeFrames([new Uint8Array(MAX_PAYLOAD_BYTES)], 1, 0))))).toHaveLength(1);
  });

  it('keeps sequences above 2^32 apart', () => {
    const bytes = encodeFrames([text('a')], 2 ** 40 + 7, 2 ** 40 + 6);
    expect(new DataView(bytes.buffer).getBigUint64(8, true)).toBe(2n ** 40n + 7n);
    expect(new DataView(bytes.buffer).getBigUint64(16, true)).toBe(2n ** 40n + 6n);
  });
});

describe('a log cut short', () => {
  it('gives exactly the records that are whole, at every length (1, 2)', () => {
    const bytes = logOf(small);
    const ends = [HEADER_BYTES];
    for (const each of smallWritten) ends.push(ends.at(-1)! + FRAME_OVERHEAD_BYTES + each.length);
    for (let length = 0; length <= bytes.length; length += 1) {
      const scan = scanLog(bytes.subarray(0, length));
      const whole = Math.max(0, ends.filter((end) => end <= length).length - 1);
      expect(recovered(scan), `cut at ${length}`).toEqual(smallWritten.slice(0, whole));
      const isClean = length === 0 || ends.includes(length);
      expect(scan, `cut at ${length}`).toMatchObject({
        tail: isClean ? 'clean' : 'torn',
        validLength: length < HEADER_BYTES ? 0 : ends[whole],
      });
    }
  });

  it('and filled up with zeros gives the same (2)', () => {
    const bytes = logOf(small);
    for (let length = HEADER_BYTES; length <= bytes.length; length += 1) {
      const scan = scanLog(join(bytes.subarray(0, length), new Uint8Array(700)));
      expect(isPrefix(recovered(scan), smallWritten), `cut at ${length}`).toBe(true);
      expect(scan).toMatchObject({ tail: 'torn' });
    }
  });

  it('inside its header, with or without zeros, is a log that was being created (2)', () => {
    for (let length = 1; length < HEADER_BYTES; length += 1) {
      const start = encodeHeader().subarray(0, length);
      expect(scanLog(start)).toMatchObject({ tail: 'torn', validLength: 0 });
      expect(scanLog(join(start, new Uint8Array(HEADER_BYTES - length)))).toMatchObject({ tail: 'torn', validLength: 0 });
    }
  });

  it('is no fresh log when anything but zeros follows a missing header (3)', () => {
    expect(scanLog(new Uint8Array(HEADER_BYTES + 1))).toMatchObject({ tail: 'corrupt', offset: 0 });
    expect(scanLog(join(new Uint8Array(HEADER_BYTES), encodeFrames([text('a')], 1, 0)))).toMatchObject({ tail: 'corrupt', offset: 0 });
  });
});

describe('a log with one byte changed', () => {
  it('gives a prefix or is corrupt, for every byte and every change, and never skips or invents (1, 3)', () => {
    const bytes = logOf(small);
    for (let offset = 0; offset < bytes.length; offset += 1) {
      for (let change = 1; change < 256; change += 1) {
        const damaged = bytes.slice();
        damaged[offset]! ^= change;
        const scan = scanLog(damaged);
        if (scan.tail === 'corrupt') continue;
        if (scan.tail === 'clean' || !isPrefix(scan.payloads, smallWritten)) throw new Error(`byte ${offset} ^ ${change}: ${scan.tail}`);
      }
    }
  });

  it('is corrupt, at the damaged record, wherever that record had been flushed (3)', () => {
    const bytes = logOf(small);
    const confirmed = logOf(small.slice(0, 2)).length;
    let start = HEADER_BYTES;
    for (const written of smallWritten.slice(0, 3)) {
      const end = start + FRAME_OVERHEAD_BYTES + written.length;
      for (let offset = start; offset < end; offset += 1) {
        const damaged = bytes.slice();
        damaged[offset]! ^= 0x10;
        expect(scanLog(damaged), `byte ${offset}`).toMatchObject({ tail: 'corrupt', offset: start });
      }
      start = end;
    }
    expect(start).toBe(confirmed);
  });

  it('in the header is corrupt (3)', () => {
    for (let offset = 0; offset < HEADER_BYTES; offset += 1) {
      const damaged = logOf(small);
      damaged[offset]! ^= 0x01;
      expect(scanLog(damaged), `byte ${offset}`).toMatchObject({ tail: 'corrupt', offset: 0 });
    }
  });
});

describe('a tail that was never confirmed', () => {
  it('is cut at its first lost record, also when later ones of the same batch were kept (2)', () => {
    const kept = [text('kept')];
    const tail = [text('lost'), text('reached the disk first'), text('this too')];
    const bytes = logOf([kept, tail]);
    const start = logOf([kept]).length;
    bytes.fill(0, start, start + FRAME_OVERHEAD_BYTES + 4);
    const scan = scanLog(bytes);
    expect(recovered(scan)).toEqual(kept);
    expect(scan).toMatchObject({ tail: 'torn', validLength: start });
  });

  it('is not taken for a torn one when a record of it was confirmed by a later batch (3)', () => {
    const bytes = logOf([[text('a')], [text('b')], [text('c')]]);
    const start = logOf([[text('a')]]).length;
    bytes.fill(0, start, start + FRAME_OVERHEAD_BYTES + 1);
    expect(scanLog(bytes)).toMatchObject({ tail: 'corrupt', offset: start });
  });
});

describe('good frames in the wrong place', () => {
  it.each([
    ['a missing record', [encodeFrames([text('a')], 1, 0), encodeFrames([text('c')], 3, 0)]],
    ['a doubled record', [encodeFrames([text('a')], 1, 0), encodeFrames([text('a')], 1, 0)]],
    [
      'a record that knows less than the one before it',
      [encodeFrames([text('a')], 1, 0), encodeFrames([text('b')], 2, 1), encodeFrames([text('c')], 3, 0)],
    ],
  ])('%s is corrupt (3)', (_, frames) => {
    expect(scanLog(join(encodeHeader(), ...frames))).toMatchObject({ tail: 'corrupt' });
  });

  it('random bytes after a log never become records (1)', () => {
    fc.assert(
      fc.property(batches, fc.uint8Array({ minLength: 1, maxLength: 300 }), (written, noise) => {
        expect(recovered(scanLog(join(logOf(written), noise)))).toEqual(written.flat());
      }),
    );
  });
});

describe('decodeLog', () => {
  it('turns damage, and records that make no sense, into an error with file, offset and what to do', () => {
    const bytes = logOf([[text('good')], [text('bad')]]);
    const read = (record: Uint8Array) => {
      if (record.length === 3) throw new Error('three letters');
      return Buffer.from(record).toString();
    };
    const start = logOf([[text('good')]]).length;
    expect(() => decodeLog(bytes, '/data/x.log', read)).toThrow(LogCorruptError);
    expect(() => decodeLog(bytes, '/data/x.log', read)).toThrow(/\/data\/x\.log.*record 2.*three letters.*backup/s);
    expect(() => decodeLog(bytes, '/data/x.log', read)).toThrow(expect.objectContaining({ offset: start + FRAME_OVERHEAD_BYTES }));
    const damaged = bytes.slice();
    damaged[start - 1]! ^= 1;
    expect(() => decodeLog(damaged, '/data/x.log', read)).toThrow(LogCorruptError);
  });
});
