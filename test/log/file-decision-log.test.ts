/** Method: two owners one after the other, and at once, over a disk in memory; the numbers are the guarantees in decision-log.ts. */
import { describe, expect, it } from 'vitest';
import { decodeDecisionLog } from '../../src/log/decode-decision-log.ts';
import { FileDecisionLog } from '../../src/log/file-decision-log.ts';
import { encodeFrames, encodeHeader, FRAME_OVERHEAD_BYTES } from '../../src/log/frame.ts';
import { FencedError, InvalidInputError, LockedError, LogCorruptError, LogPoisonedError } from '../../src/protocol/errors.ts';
import { type CoordinatorRecord, type DecisionRecord, encodeRecord } from '../../src/protocol/log-record.ts';
import { FaultyFiles } from './faulty-files.ts';

const DIRECTORY = '/disk/coordinator';
const PATH = `${DIRECTORY}/decisions.log`;
const commit = (tx: string): DecisionRecord => ({ type: 'Commit', tx, participants: ['a', 'b'] });
const end = (tx: string): DecisionRecord => ({ type: 'End', tx });
const logOn = (files: FaultyFiles, limits = {}) => new FileDecisionLog({ files }, { directory: DIRECTORY, ...limits });
const settle = () => new Promise((resolve) => setImmediate(resolve));
const bytesOf = (records: readonly CoordinatorRecord[]) =>
  new Uint8Array(
    Buffer.concat([encodeHeader(), ...records.map((record, index) => encodeFrames([encodeRecord(record)], index + 1, index))]),
  );

describe('opening the decision log', () => {
  it('gives each owner a higher epoch, durable before it is told, and all records so far (1, 3)', async () => {
    const files = new FaultyFiles();
    const first = logOn(files);
    expect(await first.open('one')).toEqual({ epoch: 1, head: 1, records: [{ type: 'Epoch', epoch: 1, owner: 'one' }] });
    await first.append(commit('t1'), { epoch: 1 });
    const records = [{ type: 'Epoch', epoch: 1, owner: 'one' }, commit('t1'), { type: 'Epoch', epoch: 2, owner: 'one' }];
    const second = logOn(files.crash(() => false));
    expect(await second.open('one')).toEqual({ epoch: 2, head: 3, records });
    await second.close();
    expect(await second.open('one')).toMatchObject({ epoch: 3, head: 4 });
  });

  it('is refused while another owner has it, and possible when that one has closed it', async () => {
    const files = new FaultyFiles();
    const first = logOn(files);
    await first.open('one');
    await expect(first.open('one')).rejects.toBeInstanceOf(LockedError);
    const second = logOn(files);
    await expect(second.open('one')).rejects.toBeInstanceOf(LockedError);
    await first.close();
    expect(await second.open('one')).toMatchObject({ epoch: 2 });
  });

  it('is refused to a coordinator of another name, and leaves every byte as it was', async () => {
    const files = new FaultyFiles();
    const first = logOn(files);
    await first.open('bank');
    await first.append(commit('t1'), { epoch: 1 });
    await first.close();
    const before = [files.contentOf(PATH), files.calls.filter((call) => call.startsWith('write')).length];
    const refused: unknown = await logOn(files)
      .open('shop')
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'LOG_OF_ANOTHER_COORDINATOR', kind: 'terminal' });
    expect(String(refused)).toContain('belongs to the coordinator "bank", and this one is named "shop"');
    expect([files.contentOf(PATH), files.calls.filter((call) => call.startsWith('write')).length]).toEqual(before);
    expect(await logOn(files).open('bank')).toMatchObject({ epoch: 2, head: 3 });
  });

  it.each([
    ['the epoch cannot be flushed', (files: FaultyFiles) => files.failNext('sync', 'EIO', { skip: 1 }), 'one'],
    ['the file cannot be read', (files: FaultyFiles) => files.failNext('read', 'EIO'), 'one'],
    ['the owner has no name', () => undefined, ''],
  ])('that fails because %s closes the file and leaves the directory unlocked', async (_, spoil, owner) => {
    const files = new FaultyFiles();
    spoil(files);
    await expect(logOn(files).open(owner)).rejects.toThrow();
    expect(files.calls.at(-1)).toBe('close');
    await logOn(files).open('one');
  });

  it('names the owner in 1 to 200 characters', async () => {
    await expect(logOn(new FaultyFiles()).open('x'.repeat(201))).rejects.toBeInstanceOf(InvalidInputError);
  });
});

describe('appending a decision', () => {
  it('resolves with the new head when it is durable (1)', async () => {
    const files = new FaultyFiles();
    const log = logOn(files);
    await log.open('one');
    const release = files.holdSyncs();
    let head = 0;
    const appended = log.append(commit('t1'), { epoch: 1 }).then((position) => {
      head = position;
    });
    await settle();
    expect(head).toBe(0);
    release();
    await appended;
    expect(head).toBe(2);
    expect(decodeDecisionLog(files.crash(() => false).contentOf(PATH)).records.at(-1)).toEqual(commit('t1'));
  });

  it('not forced, resolves when it has its place, and is durable with the next forced one (2)', async () => {
    const files = new FaultyFiles();
    const log = logOn(files);
    await log.open('one');
    const release = files.holdSyncs();
    expect(await log.append(end('t1'), { epoch: 1, forced: false })).toBe(2);
    release();
    expect(decodeDecisionLog(files.crash(() => false).contentOf(PATH)).records).toHaveLength(1);
    await log.append(commit('t2'), { epoch: 1 });
    expect(decodeDecisionLog(files.crash(() => false).contentOf(PATH)).records.slice(1)).toEqual([end('t1'), commit('t2')]);
  });

  it('under a former epoch, or after close, is fenced and leaves nothing (3, 4)', async () => {
    const files = new FaultyFiles();
    const log = logOn(files);
    await log.open('one');
    await log.close();
    await expect(log.append(commit('t1'), { epoch: 1 })).rejects.toBeInstanceOf(FencedError);
    await log.open('one');
    await expect(log.append(commit('t1'), { epoch: 1 })).rejects.toThrow(/epoch 2 does/);
    await log.close();
    expect(decodeDecisionLog(files.contentOf(PATH)).records.map(({ type }) => type)).toEqual(['Epoch', 'Epoch']);
  });

  it('with an expected head is a compare-and-set: of two with the same one, the second is fenced (4)', async () => {
    const files = new FaultyFiles();
    const log = logOn(files);
    const { head, epoch } = await log.open('one');
    const outcomes = await Promise.allSettled([
      log.append(commit('t1'), { epoch, expectedHead: head }),
      log.append(commit('t2'), { epoch, expectedHead: head }),
      log.append(commit('t3'), { epoch, expectedHead: head + 1 }),
    ]);
    expect(outcomes).toMatchObject([{ value: 2 }, { reason: expect.any(FencedError) }, { value: 3 }]);
  });

  it('waits for room, and is fenced when the log was closed meanwhile (4)', async () => {
    const files = new FaultyFiles();
    const log = logOn(files, { maxUnflushedBytes: 100 });
    await log.open('one');
    const release = files.holdSyncs();
    const outcomes = Promise.allSettled(['t1', 't2', 't3'].map((tx) => log.append(commit(tx), { epoch: 1 })));
    await settle();
    const closed = log.close();
    release();
    await closed;
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await outcomes).toMatchObject([{}, { reason: expect.any(FencedError) }, { reason: expect.any(FencedError) }]);
    expect(decodeDecisionLog(files.contentOf(PATH)).records).toHaveLength(2);
  });

  it('to a full log is refused for a commit and taken for an end (4)', async () => {
    const log = logOn(new FaultyFiles(), { maxLogBytes: 50 });
    await log.open('one');
    await expect(log.append(commit('t1'), { epoch: 1 })).rejects.toMatchObject({ code: 'LOG_FULL', kind: 'terminal' });
    expect(await log.append(end('t0'), { epoch: 1 })).toBe(2);
  });

  it('to a disk that fails is unknown, for this and every later record', async () => {
    const files = new FaultyFiles();
    const log = logOn(files);
    await log.open('one');
    files.failNext('write', 'ENOSPC');
    await expect(log.append(commit('t1'), { epoch: 1 })).rejects.toBeInstanceOf(LogPoisonedError);
    await expect(log.append(end('t0'), { epoch: 1, forced: false })).rejects.toBeInstanceOf(LogPoisonedError);
    await log.close();
    expect(await logOn(files).open('one')).toMatchObject({ epoch: 2, head: 2 });
  });
});

describe('the observer', () => {
  it('sees records in the order of their positions, and each flush before those who waited for it', async () => {
    const files = new FaultyFiles();
    const seen: string[] = [];
    const log = logOn(files);
    await log.open('one', {
      appended: (position, record) => seen.push(`appended ${position} ${record.type}`),
      flushed: (position) => seen.push(`flushed ${position}`),
    });
    await Promise.all([
      log.append(commit('t1'), { epoch: 1 }).then((position) => seen.push(`told ${position}`)),
      log.append(end('t0'), { epoch: 1, forced: false }),
      log.append(commit('t2'), { epoch: 1 }).then((position) => seen.push(`told ${position}`)),
    ]);
    expect(seen).toEqual([
      'appended 1 Epoch',
      'flushed 1',
      'appended 2 Commit',
      'appended 3 End',
      'appended 4 Commit',
      'flushed 4',
      'told 2',
      'told 4',
    ]);
  });
});

describe('a decision log that no crash explains', () => {
  it.each([
    [
      'an epoch that does not grow',
      [
        { type: 'Epoch', epoch: 2, owner: 'a' },
        { type: 'Epoch', epoch: 2, owner: 'b' },
      ],
    ],
    ['a decision before the first epoch', [commit('t1')]],
    [
      'a record of a participant',
      [
        { type: 'Epoch', epoch: 1, owner: 'a' },
        { type: 'Committed', tx: 't1' },
      ],
    ],
  ])('%s is corrupt, and the error names the record', (_, records) => {
    const bytes = bytesOf(records as CoordinatorRecord[]);
    expect(() => decodeDecisionLog(bytes, PATH)).toThrow(LogCorruptError);
    expect(() => decodeDecisionLog(bytes, PATH)).toThrow(`record ${records.length}`);
  });

  it('an empty one has epoch 0, and a torn one gives what is whole', () => {
    expect(decodeDecisionLog(new Uint8Array())).toMatchObject({ epoch: 0, records: [], validLength: 0 });
    const records: CoordinatorRecord[] = [{ type: 'Epoch', epoch: 1, owner: 'a' }, commit('t1')];
    const bytes = bytesOf(records);
    const start = bytes.length - FRAME_OVERHEAD_BYTES - encodeRecord(commit('t1')).length;
    expect(decodeDecisionLog(bytes.subarray(0, -1))).toMatchObject({ epoch: 1, records: [records[0]], validLength: start, tail: 'torn' });
  });
});
