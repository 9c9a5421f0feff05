/**
 * Method: the log over a disk in memory that records calls, fails on demand and crashes in sectors; the numbers are the
 * guarantees in file-log.ts. The real disk is in test/runtime/node-environment.test.ts and test/log/durability.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLog } from '../../src/log/decode-log.ts';
import { FileLog, type FileLogOptions } from '../../src/log/file-log.ts';
import { encodeFrames, encodeHeader, FRAME_OVERHEAD_BYTES, HEADER_BYTES, MAX_PAYLOAD_BYTES } from '../../src/log/frame.ts';
import { InvalidInputError, LogCorruptError, LogPoisonedError } from '../../src/protocol/errors.ts';
import { FaultyFiles } from './faulty-files.ts';

const PATH = '/disk/test.log';
const bytesOf = (value: string) => new TextEncoder().encode(value);
const decode = (bytes: Uint8Array, path: string) => decodeLog(bytes, path, (payload) => new TextDecoder().decode(payload));
const open = (files: FaultyFiles, options?: FileLogOptions) => FileLog.open(PATH, { files }, decode, options);
/** Lets every step that needs no outside event happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );

describe('opening a log', () => {
  it('creates it with a flushed header', async () => {
    const files = new FaultyFiles();
    const { log, content } = await open(files);
    expect(content.records).toEqual([]);
    expect(log.head).toBe(0);
    const after = files.crash(() => false);
    expect(after.contentOf(PATH)).toEqual(encodeHeader());
  });

  it('finds what was flushed, in order, and goes on after it', async () => {
    const files = new FaultyFiles();
    const first = await open(files);
    first.log.append(bytesOf('a'));
    await first.log.flushed(first.log.append(bytesOf('b')));
    const second = await open(files.crash(() => false));
    expect(second.content.records).toEqual(['a', 'b']);
    expect([second.log.head, second.log.durableHead]).toEqual([2, 2]);
    expect(second.log.append(bytesOf('c'))).toBe(3);
  });

  it('cuts a torn tail, and the cut is durable before anything is appended (1)', async () => {
    const files = new FaultyFiles();
    const whole = Buffer.concat([encodeHeader(), encodeFrames([bytesOf('kept')], 1, 0)]);
    files.setContent(PATH, Buffer.concat([whole, encodeFrames([bytesOf('torn')], 2, 1).subarray(0, 25)]));
    const { content } = await open(files);
    expect(content).toMatchObject({ records: ['kept'], tail: 'torn' });
    expect(Buffer.compare(files.crash(() => false).contentOf(PATH), whole)).toBe(0);
  });

  it('leaves a corrupt file as it is and closes it', async () => {
    const files = new FaultyFiles();
    const damaged = Buffer.concat([encodeHeader(), encodeFrames([bytesOf('a')], 1, 0), encodeFrames([bytesOf('b')], 2, 1)]);
    damaged[HEADER_BYTES + FRAME_OVERHEAD_BYTES]! ^= 1;
    files.setContent(PATH, damaged);
    await expect(open(files)).rejects.toBeInstanceOf(LogCorruptError);
    expect(Buffer.compare(files.contentOf(PATH), damaged)).toBe(0);
    expect(files.calls).toEqual(['read', 'close']);
  });

  it('makes durable what the process before had written and not flushed (4)', async () => {
    const files = new FaultyFiles();
    const first = await open(files);
    first.log.append(bytesOf('written only'));
    await settle();
    const second = await open(files);
    expect(second.content.records).toEqual(['written only']);
    expect((await open(files.crash(() => false))).content.records).toEqual(['written only']);
  });

  it('writes the unconfirmed records again, because a failed flush may have marked them clean (4)', async () => {
    const files = new FaultyFiles();
    const first = await open(files);
    await first.log.flushed(first.log.append(bytesOf('confirmed')));
    first.log.append(bytesOf('in the cache only'));
    files.failNext('sync', 'EIO');
    await outcomeOf(first.log.flushed(2));
    files.calls.length = 0;
    await open(files);
    expect(files.calls).toEqual(['read', `write ${FRAME_OVERHEAD_BYTES + 'in the cache only'.length}`, 'sync']);
  });

  it('rejects when the flush of what it found fails: nothing may be told from it (4)', async () => {
    const files = new FaultyFiles();
    files.failNext('sync', 'EIO');
    await expect(open(files)).rejects.toThrow('EIO');
    expect(files.calls.at(-1)).toBe('close');
  });
});

describe('appending', () => {
  it('refuses an empty and an oversized record, and appends nothing', async () => {
    const { log } = await open(new FaultyFiles());
    expect(() => log.append(new Uint8Array())).toThrow(InvalidInputError);
    expect(() => log.append(new Uint8Array(MAX_PAYLOAD_BYTES + 1))).toThrow(InvalidInputError);
    expect(log.head).toBe(0);
  });

  it('a record that nobody waits for is written soon, and flushed only with the next flush', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files);
    files.calls.length = 0;
    log.append(bytesOf('lazy'));
    await settle();
    expect(files.calls).toEqual(['write 28']);
    expect(log.durableHead).toBe(0);
    await log.flushed(log.append(bytesOf('forced')));
    expect(files.calls).toEqual(['write 28', 'write 30', 'sync']);
    expect(log.durableHead).toBe(2);
  });

  it('says that it is full at its bound, and still takes the outcomes of what was started', async () => {
    const { log } = await open(new FaultyFiles(), { maxLogBytes: HEADER_BYTES + FRAME_OVERHEAD_BYTES + 10 });
    expect(log.isFull).toBe(false);
    await log.flushed(log.append(new Uint8Array(10)));
    expect(log.isFull).toBe(true);
    await log.flushed(log.append(bytesOf('outcome')));
    expect(log.durableHead).toBe(2);
  });
});

describe('group flush', () => {
  it('has one flush under way, and what is appended meanwhile shares the next (2)', async () => {
    const files = new FaultyFiles();
    const order: string[] = [];
    const { log } = await open(files, { onFlushed: (position) => order.push(`flushed ${position}`) });
    const waitFor = (position: number) => log.flushed(position).then(() => order.push(`told ${position}`));
    files.calls.length = 0;
    const release = files.holdSyncs();
    const first = [waitFor(log.append(bytesOf('a'))), waitFor(log.append(bytesOf('b')))];
    await settle();
    const later = ['c', 'd', 'e'].map((value) => waitFor(log.append(bytesOf(value))));
    await settle();
    expect(files.calls).toEqual(['write 50']);
    expect(order).toEqual([]);
    release();
    await Promise.all([...first, ...later]);
    expect(files.calls).toEqual(['write 50', 'sync', 'write 75', 'sync']);
    expect(order).toEqual(['flushed 2', 'told 1', 'told 2', 'flushed 5', 'told 3', 'told 4', 'told 5']);
  });

  it('a position that is durable already resolves at once; one that was never appended is a mistake', async () => {
    const { log } = await open(new FaultyFiles());
    await log.flushed(0);
    await expect(log.flushed(1)).rejects.toThrow(RangeError);
  });

  it('a hundred waiters cost few flushes', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files);
    files.calls.length = 0;
    await Promise.all(Array.from({ length: 100 }, (_, index) => log.flushed(log.append(bytesOf(`${index}`)))));
    expect(files.calls).toEqual(['write 2590', 'sync']);
  });
});

describe('the bound on unflushed bytes', () => {
  const size = FRAME_OVERHEAD_BYTES + 6;

  it('refuses beyond it and appends nothing', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files, { maxUnflushedBytes: 2 * size });
    const release = files.holdSyncs();
    const waiting = [log.flushed(log.append(bytesOf('first.'))), log.flushed(log.append(bytesOf('second')))];
    await settle();
    expect(() => log.append(bytesOf('third.'))).toThrow(expect.objectContaining({ code: 'LOG_OVERLOADED', kind: 'retryable' }));
    expect(log.head).toBe(2);
    release();
    await Promise.all(waiting);
    expect(log.append(bytesOf('third.'))).toBe(3);
  });

  it('lets callers of whenRoom wait in their order', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files, { maxUnflushedBytes: 2 * size });
    const release = files.holdSyncs();
    const appended: string[] = [];
    const append = (value: string) =>
      log.whenRoom(value.length, () => {
        appended.push(value);
        return log.append(bytesOf(value));
      });
    const positions = Promise.all(['1.....', '2.....', '3.....', '4.....', '5.....'].map(append));
    await settle();
    expect(appended).toEqual(['1.....', '2.....']);
    release();
    expect(await positions).toEqual([1, 2, 3, 4, 5]);
    await log.close();
    expect((await open(files)).content.records).toEqual(['1.....', '2.....', '3.....', '4.....', '5.....']);
  });

  it('is no obstacle for one record that is larger than it', async () => {
    const { log } = await open(new FaultyFiles(), { maxUnflushedBytes: 10 });
    await log.flushed(log.append(new Uint8Array(1_000)));
    expect(await log.whenRoom(1_000, () => log.append(new Uint8Array(1_000)))).toBe(2);
  });
});

describe('a write or flush that fails', () => {
  it('does not write over what a process that should have been kept out has written (5)', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files);
    await log.flushed(log.append(bytesOf('mine')));
    const intruder = await open(files);
    await intruder.log.flushed(intruder.log.append(bytesOf('theirs')));
    const before = files.contentOf(PATH);
    const error = await outcomeOf(log.flushed(log.append(bytesOf('lost'))));
    expect(error).toBeInstanceOf(LogPoisonedError);
    expect(String(error)).toContain(`another process has written to ${PATH}`);
    expect(() => log.append(bytesOf('later'))).toThrow(LogPoisonedError);
    expect(files.contentOf(PATH)).toEqual(before);
    expect((await open(files)).content.records).toEqual(['mine', 'theirs']);
  });

  it.each([
    ['write', 'ENOSPC'],
    ['write', 'EIO'],
    ['sync', 'ENOSPC'],
    ['sync', 'EIO'],
  ] as const)('%s %s poisons the log for every waiter and later call, and is never tried again (3)', async (operation, code) => {
    const files = new FaultyFiles();
    const { log } = await open(files, { maxUnflushedBytes: 60 });
    await log.flushed(log.append(bytesOf('safe')));
    files.failNext(operation, code);
    const waiters = [log.flushed(log.append(bytesOf('a'))), log.flushed(log.append(bytesOf('b')))];
    const room = log.whenRoom(6, () => log.append(bytesOf('no room')));
    const outcomes = await Promise.all([...waiters, room].map(outcomeOf));
    for (const outcome of outcomes) {
      expect(outcome).toBeInstanceOf(LogPoisonedError);
      expect(outcome).toMatchObject({ kind: 'inDoubt', message: expect.stringContaining(code), cause: { code } });
    }
    files.calls.length = 0;
    expect(() => log.append(bytesOf('later'))).toThrow(LogPoisonedError);
    await expect(log.flushed(2)).rejects.toBeInstanceOf(LogPoisonedError);
    await expect(log.whenRoom(1, () => log.append(bytesOf('later')))).rejects.toBeInstanceOf(LogPoisonedError);
    await log.flushed(1);
    await log.close();
    expect(files.calls).toEqual(['close']);
  });

  it('in the middle of a record leaves a torn tail that the next open cuts (1, 3)', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files);
    await log.flushed(log.append(bytesOf('safe')));
    files.failNext('write', 'ENOSPC', { keepBytes: 20 });
    await outcomeOf(log.flushed(log.append(bytesOf('half a record'))));
    expect((await open(files)).content).toMatchObject({ records: ['safe'], tail: 'torn' });
  });
});

describe('closing', () => {
  it('flushes also what nobody waited for', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files);
    log.append(bytesOf('lazy'));
    await Promise.all([log.close(), log.close()]);
    expect((await open(files.crash(() => false))).content.records).toEqual(['lazy']);
    expect(() => log.append(bytesOf('late'))).toThrow(expect.objectContaining({ code: 'LOG_CLOSED' }));
  });

  it('rejects when that flush fails, and closes the file all the same', async () => {
    const files = new FaultyFiles();
    const { log } = await open(files);
    log.append(bytesOf('lazy'));
    files.failNext('sync', 'EIO');
    await expect(log.close()).rejects.toBeInstanceOf(LogPoisonedError);
    expect(files.calls.at(-1)).toBe('close');
  });
});

describe('any crash', () => {
  it('leaves a prefix of what was appended with all that was acknowledged, whatever sectors it loses (1)', async () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.constantFrom('append', 'flush', 'pause')), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.boolean()), fc.infiniteStream(fc.boolean()), async (plan, keeps, keepsAgain) => {
        let files = new FaultyFiles();
        const appended: string[] = [];
        let acknowledged = 0;
        for (const fate of [keeps, keepsAgain]) {
          const { log, content } = await open(files);
          expect(content.records.length).toBeGreaterThanOrEqual(acknowledged);
          expect(content.records).toEqual(appended.slice(0, content.records.length));
          appended.splice(content.records.length);
          for (const [length, what] of plan) {
            const value = `${appended.length}`.padEnd(length, '.');
            appended.push(value);
            const position = log.append(bytesOf(value));
            if (what === 'flush') await log.flushed(position);
            if (what === 'pause') await settle();
          }
          await settle();
          acknowledged = log.durableHead;
          files = files.crash(() => fate.next().value);
        }
        const { content } = await open(files);
        expect(content.records.length).toBeGreaterThanOrEqual(acknowledged);
        expect(content.records).toEqual(appended.slice(0, content.records.length));
      }),
      { numRuns: 300 },
    );
  });
});
