/**
 * Method: random steps of the two ends against a queue; every slot as a thread that was terminated may have left it; and two real threads
 * at full speed, whose records carry their own proof. The numbers are the invariants in shared-ring.ts.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedMemory } from '../../../src/participants/kernel-journal/shared-memory.ts';
import { RingDamagedError, RingReader, RingWriter } from '../../../src/participants/kernel-journal/shared-ring.ts';
import { InvalidInputError } from '../../../src/protocol/errors.ts';
import { MAX_EVENT_BYTES } from '../../../src/protocol/event-codec.ts';
import { soakRecord } from './soak-record.ts';

const SIZE = { slotBytes: 64, slots: 4 };
const CAPACITY = 48;
const EPOCH = 7;

/** A ring whose counters stand where they are about to wrap, among other places. */
function ringAt(start: number, memory = SharedMemory.create(EPOCH, SIZE)) {
  const ring = memory.requests;
  Atomics.store(ring.words, ring.head, start);
  Atomics.store(ring.words, ring.tail, start);
  return { ring, writer: new RingWriter(ring), reader: new RingReader(ring) };
}
const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
const starts = fc.constantFrom(0, 1, 2 ** 31 - 2, -2, -1);

describe('a ring', () => {
  it('gives what a queue would, whatever the order of the steps of both ends, also where its counters wrap (1, 3)', () => {
    const step = fc.oneof(fc.constant('read' as const), fc.constant('write' as const));
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: CAPACITY }), fc.integer({ min: 1, max: 400 })), { maxLength: 12 });
    fc.assert(
      fc.property(starts, lengths, fc.array(step, { maxLength: 80 }), (start, sizes, steps) => {
        const { ring, writer, reader } = ringAt(start);
        const waiting = sizes.map((length, index) => bytes(length, index * 31));
        const queue: Uint8Array[] = [];
        let written = 0;
        /** Slots that were written and not read, counted without the ring's own words. */
        let used = 0;
        const read: Uint8Array[] = [];
        const work = (next: 'read' | 'write') => {
          const record = waiting[0];
          if (next === 'write' && record) {
            const before = written;
            written = writer.write(record, written);
            const slots = Math.ceil((written - before) / CAPACITY);
            expect(slots).toBe(Math.min(SIZE.slots - used, Math.ceil((record.length - before) / CAPACITY)));
            used += slots;
            if (written === record.length) {
              queue.push(record);
              waiting.shift();
              written = 0;
            }
          } else if (next === 'read') {
            const found = reader.read();
            expect(found).toEqual(queue[read.length]);
            if (found) read.push(found);
            used = (Atomics.load(ring.words, ring.tail) - Atomics.load(ring.words, ring.head)) >>> 0;
          }
        };
        for (const next of steps) work(next);
        while (waiting.length > 0) for (const next of ['write', 'read'] as const) work(next);
        while (read.length < queue.length) work('read');
        expect(reader.read()).toBeUndefined();
        expect(read).toEqual(sizes.map((length, index) => bytes(length, index * 31)));
      }),
      { numRuns: 500 },
    );
  });

  it('that is full takes nothing and keeps what it has (3)', () => {
    const { writer, reader } = ringAt(0);
    for (let index = 0; index < SIZE.slots; index += 1) expect(writer.write(bytes(10, index))).toBe(10);
    expect(writer.write(bytes(10, 99))).toBe(0);
    for (let index = 0; index < SIZE.slots; index += 1) expect(reader.read()).toEqual(bytes(10, index));
    expect(reader.read()).toBeUndefined();
    expect(writer.write(bytes(10, 99))).toBe(10);
  });

  it('takes a record that is larger than all of it, part by part', () => {
    const { writer, reader } = ringAt(-3);
    const record = bytes(10 * SIZE.slots * CAPACITY + 7);
    let found: Uint8Array | undefined;
    for (let written = 0; written < record.length; ) {
      written = writer.write(record, written);
      expect(found).toBeUndefined();
      found = reader.read();
    }
    expect(found).toEqual(record);
  });

  it('has no slot for an empty or an oversized record', () => {
    const { writer } = ringAt(0);
    expect(() => writer.write(new Uint8Array())).toThrow(RangeError);
    expect(() => writer.write(new Uint8Array(MAX_EVENT_BYTES + 1))).toThrow(RangeError);
  });

  it('is two rings in one memory, which do not touch each other', () => {
    const memory = SharedMemory.create(EPOCH, SIZE);
    new RingWriter(memory.requests).write(bytes(100, 1));
    new RingWriter(memory.replies).write(bytes(100, 2));
    const attached = SharedMemory.attach(memory.buffer);
    expect(new RingReader(attached.requests).read()).toEqual(bytes(100, 1));
    expect(new RingReader(attached.replies).read()).toEqual(bytes(100, 2));
  });
});

/** The memory before and after one write, and the bytes in which they differ. */
function oneWrite(start: number, length: number, before: Uint8Array[]) {
  const memory = SharedMemory.create(EPOCH, SIZE);
  const { ring, writer, reader } = ringAt(start, memory);
  for (const record of before) {
    writer.write(record);
    expect(reader.read()).toEqual(record);
  }
  const from = new Uint8Array(memory.buffer).slice();
  writer.write(bytes(length, 200));
  const to = new Uint8Array(memory.buffer).slice();
  const tailBytes = new Set([0, 1, 2, 3].map((byte) => ring.tail * 4 + byte));
  const changed = [...to.keys()].filter((at) => from[at] !== to[at] && !tailBytes.has(at));
  return { from, to, changed, tail: ring.tail, head: ring.head };
}

function readerOn(image: Uint8Array) {
  const buffer = new SharedArrayBuffer(image.length);
  new Uint8Array(buffer).set(image);
  return new RingReader(SharedMemory.attach(buffer).requests);
}

describe('a slot that a terminated thread has written in part', () => {
  const laps = [[], [bytes(48, 1), bytes(48, 60), bytes(48, 120), bytes(48, 180)]];
  const cases = laps.flatMap((before) => [0, -2].map((start) => ({ before, start })));

  it.each(cases)('is not read, at any byte where the thread may have ended (2)', ({ before, start }) => {
    const { from, to, changed } = oneWrite(start, 40, before);
    for (let done = 0; done <= changed.length; done += 1) {
      const image = from.slice();
      for (const at of changed.slice(0, done)) image[at] = to[at]!;
      expect(readerOn(image).read(), `${done} of ${changed.length} bytes`).toBeUndefined();
    }
    expect(readerOn(to).read()).toEqual(bytes(40, 200));
  });

  it('is not taken for a record even if the tail had come first: any part of the bytes is damage, or all of them are there (2, 4)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.infiniteStream(fc.boolean()), fc.integer({ min: 1, max: 40 }), (at, keeps, length) => {
        const { from, to, changed, tail } = oneWrite(at.start, length, at.before);
        const image = from.slice();
        image.set(to.subarray(tail * 4, tail * 4 + 4), tail * 4);
        let isWhole = true;
        for (const place of changed) {
          if (keeps.next().value) image[place] = to[place]!;
          else isWhole = false;
        }
        if (isWhole) expect(readerOn(image).read()).toEqual(bytes(length, 200));
        else expect(() => readerOn(image).read()).toThrow(RingDamagedError);
      }),
      { numRuns: 1_000 },
    );
  });

  it('in the middle of a long record leaves the record unread (2)', () => {
    const { ring, writer, reader } = ringAt(0);
    const record = bytes(400);
    const written = writer.write(record);
    expect(written).toBe(SIZE.slots * CAPACITY);
    expect(reader.read()).toBeUndefined();
    expect(writer.write(record, written)).toBe(2 * written);
    Atomics.sub(ring.words, ring.tail, 1);
    expect(reader.read()).toBeUndefined();
  });
});

describe('a damaged slot', () => {
  it('is an error, for every byte and bit of it, and nothing is read after it (4)', () => {
    const memory = SharedMemory.create(EPOCH, SIZE);
    const { writer } = ringAt(0, memory);
    writer.write(bytes(40));
    writer.write(bytes(20, 100));
    const whole = new Uint8Array(memory.buffer).slice();
    for (let at = 0; at < 16 + 40; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const image = whole.slice();
        image[512 + at]! ^= 1 << bit;
        const reader = readerOn(image);
        expect(() => reader.read(), `byte ${at}, bit ${bit}`).toThrow(RingDamagedError);
        expect(() => reader.read(), `byte ${at}, bit ${bit}, again`).toThrow(RingDamagedError);
      }
    }
  });

  it('is one that is whole, but of an older epoch (2, 4)', () => {
    const { ring, reader } = ringAt(0);
    new RingWriter({ ...ring, epoch: EPOCH - 1 }).write(bytes(5));
    expect(() => reader.read()).toThrow(/epoch/);
  });

  it('is one that is whole, but of an earlier lap (2, 4)', () => {
    const { ring, writer, reader } = ringAt(0);
    writer.write(bytes(5));
    Atomics.store(ring.words, ring.head, SIZE.slots);
    Atomics.store(ring.words, ring.tail, SIZE.slots + 1);
    expect(() => reader.read()).toThrow(/position/);
  });

  it('is also a tail that is further ahead than the ring is long (4)', () => {
    const { ring, reader } = ringAt(0);
    Atomics.store(ring.words, ring.tail, SIZE.slots + 1);
    expect(() => reader.read()).toThrow(/more is unread/);
  });
});

describe('two threads', () => {
  it('pass records of all sizes for a second, each whole, once and in order (1, 2, 3)', async () => {
    const memory = SharedMemory.create(EPOCH, { slotBytes: 128, slots: 16 });
    const worker = new Worker(new URL('soak-writer.ts', import.meta.url), { workerData: memory.buffer });
    const ended = once(worker, 'exit');
    const reader = new RingReader(memory.requests);
    let until = Number.POSITIVE_INFINITY;
    let count = 0;
    while (performance.now() < until) {
      const seen = memory.rings('user');
      const before = reader.position;
      for (let record = reader.read(); record; record = reader.read()) {
        if (Buffer.compare(record, soakRecord(count)) !== 0) throw new Error(`record ${count} arrived as something else`);
        if (count === 0) until = performance.now() + 1_000;
        count += 1;
      }
      if (reader.position !== before) memory.ring('kernel');
      await memory.wait('user', seen, 100);
    }
    memory.endSession('the user side closed it');
    expect(await ended).toEqual([0]);
    expect(count).toBeGreaterThan(100);
  });
});

describe('shared memory', () => {
  it('is refused where it is another layout, or none', () => {
    const { buffer } = SharedMemory.create(1, SIZE);
    expect(() => SharedMemory.attach(new SharedArrayBuffer(4))).toThrow(InvalidInputError);
    expect(() => SharedMemory.attach(new SharedArrayBuffer(1_000))).toThrow(/layout/);
    expect(() => SharedMemory.attach(new ArrayBuffer(buffer.byteLength) as never)).toThrow(InvalidInputError);
    new Int32Array(buffer)[1] = 2;
    expect(() => SharedMemory.attach(buffer)).toThrow(/layout 2/);
    new Int32Array(buffer)[1] = 1;
    new Int32Array(buffer)[3] = 8;
    expect(() => SharedMemory.attach(buffer)).toThrow(/bytes/);
  });

  it.each([
    [63, 4],
    [66, 4],
    [65_540, 4],
    [64, 1],
    [64, 3],
    [64, 131_072],
    [Number.NaN, 4],
  ])('has no slots of %d bytes, or not %d of them', (slotBytes, slots) => {
    expect(() => SharedMemory.create(1, { slotBytes, slots })).toThrow(InvalidInputError);
  });

  it('is over for both sides with the first reason for it', () => {
    const memory = SharedMemory.create(1, SIZE);
    const [user, kernel] = [memory.rings('user'), memory.rings('kernel')];
    expect([memory.state, memory.end]).toEqual(['offered', undefined]);
    expect(memory.acceptSession()).toBe(true);
    expect([memory.state, memory.end]).toEqual(['attached', undefined]);
    memory.endSession('the kernel side closed it');
    memory.endSession('the user side closed it');
    expect(memory.end).toBe('the kernel side closed it');
    expect(memory.acceptSession()).toBe(false);
    expect(memory.rings('user')).toBeGreaterThan(user);
    expect(memory.rings('kernel')).toBeGreaterThan(kernel);
  });

  it('wakes a thread that waits for its doorbell, and lets none sleep that has missed it', async () => {
    const memory = SharedMemory.create(1, SIZE);
    const seen = memory.rings('user');
    const woken = memory.wait('user', seen, 60_000);
    memory.ring('user');
    await woken;
    await memory.wait('user', seen, 60_000);
    memory.block('user', seen, 60_000);
  });
});
