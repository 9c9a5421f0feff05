/** Method: histories whose outcome is known, and a random one against a model that keeps whole copies of the state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrames, encodeHeader } from '../../../src/log/frame.ts';
import { decodeJournal, preparedRecord, recoverJournal } from '../../../src/participants/key-value/recover-journal.ts';
import { LogCorruptError } from '../../../src/protocol/errors.ts';
import { encodeRecord, type ParticipantRecord } from '../../../src/protocol/log-record.ts';

const prepared = (tx: string, writes: [string, string | null][]) => preparedRecord(tx, { coordinator: 'c', writes });
const committed = (tx: string): ParticipantRecord => ({ type: 'Committed', tx });
const aborted = (tx: string): ParticipantRecord => ({ type: 'Aborted', tx });
const bytesOf = (records: readonly ParticipantRecord[]) =>
  new Uint8Array(
    Buffer.concat([encodeHeader(), ...records.map((record, index) => encodeFrames([encodeRecord(record)], index + 1, index))]),
  );

describe('the state after a journal', () => {
  it('has the writes of committed branches, in the order of their commits', () => {
    const state = recoverJournal([
      prepared('t1', [
        ['a', '1'],
        ['b', '1'],
      ]),
      prepared('t2', [['c', '2']]),
      committed('t2'),
      committed('t1'),
      prepared('t3', [
        ['a', null],
        ['b', '3'],
      ]),
      committed('t3'),
    ]);
    expect([...state.committed].sort()).toEqual([
      ['b', '3'],
      ['c', '2'],
    ]);
    expect(state.prepared.size).toBe(0);
  });

  it('has the prepared branches without an outcome, with their writes and their coordinator', () => {
    const state = recoverJournal([prepared('t1', [['a', '1']]), prepared('t2', []), prepared('t3', [['b', '1']]), aborted('t3')]);
    expect([...state.prepared]).toEqual([
      ['t1', { coordinator: 'c', writes: [['a', '1']] }],
      ['t2', { coordinator: 'c', writes: [] }],
    ]);
    expect(state.committed.size).toBe(0);
  });

  it('keeps keys and values as they are, whatever they hold', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), text)), (entries) => {
        const writes = [...new Map(entries)];
        const { committed: state } = decodeJournal(bytesOf([prepared('t', writes), committed('t')]));
        expect([...state]).toEqual(writes);
      }),
    );
  });

  it.each([
    ['a second Prepared of a branch', [prepared('t1', []), prepared('t1', [])]],
    ['a Committed without its Prepared', [committed('t1')]],
    ['an Aborted without its Prepared', [prepared('t1', []), committed('t1'), aborted('t1')]],
    ['two prepared branches on one key', [prepared('t1', [['a', '1']]), prepared('t2', [['a', '2']])]],
    ['a payload of something else', [{ type: 'Prepared', tx: 't1', payload: { writes: 1 } }]],
    ['a record of a coordinator', [{ type: 'End', tx: 't1' }]],
  ])('%s is corrupt, and the error names the record', (_, records) => {
    const bytes = bytesOf(records as ParticipantRecord[]);
    expect(() => decodeJournal(bytes, '/data/journal.log')).toThrow(LogCorruptError);
    expect(() => decodeJournal(bytes, '/data/journal.log')).toThrow(`record ${records.length}`);
  });

  it('of a torn journal is the state of its whole records', () => {
    const bytes = bytesOf([prepared('t1', [['a', '1']]), committed('t1')]);
    const state = decodeJournal(bytes.subarray(0, -1));
    expect([...state.prepared.keys()]).toEqual(['t1']);
    expect(state).toMatchObject({ tail: 'torn', committed: new Map() });
  });
});
