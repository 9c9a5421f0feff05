/** Method: small runs written by hand, with the crashes in all places relative to a transaction's steps. */
import { describe, expect, it } from 'vitest';
import { parseTraceRecord, projectRun, type TraceRecord } from '../../src/protocol/recorded-run.ts';

const run = (...steps: object[]): TraceRecord[] => steps.map((step, index) => parseTraceRecord({ seq: index + 1, at: 0, ...step }));
const begin = (tx: string, ...participants: string[]) => ({ tx, action: 'Begin', participants });
const crash = { action: 'CrashCoordinator' };
const recover = { action: 'RecoverCoordinator', state: 'forgotten' };
const recovered = (tx: string) => ({ tx, action: 'RecoverCoordinator', state: 'committed' });
const crashed = (rm: string) => ({ action: 'CrashParticipant', rm });
const unprepared = (rm: string) => ({ action: 'RecoverParticipant', rm, state: 'unprepared' });
const prepared = (tx: string, rm: string) => ({ tx, action: 'RecoverParticipant', rm, state: 'prepared' });
const ask = (tx: string) => ({ tx, action: 'AskOutcome' });

const eventsOf = (records: TraceRecord[], tx = 't'): string[] | undefined =>
  projectRun(records)
    .transactions.find((transaction) => transaction.tx === tx)
    ?.events.map((event) => [event.action, ...('rm' in event ? [event.rm] : []), ...('state' in event ? [event.state] : [])].join(' '));

describe('a recorded run, transaction by transaction', () => {
  it('has the steps of each in their order, with its participants', () => {
    const records = run(begin('t', 'a', 'b'), begin('u', 'b'), { tx: 't', action: 'RequestCommit' }, ask('u'), ask('t'));
    expect(projectRun(records)).toEqual({
      withoutBegin: [],
      transactions: [
        { tx: 't', participants: ['a', 'b'], events: [{ action: 'RequestCommit' }, { action: 'AskOutcome' }] },
        { tx: 'u', participants: ['b'], events: [{ action: 'AskOutcome' }] },
      ],
    });
  });

  it('gives a crash to those that had begun and went on, and to no other', () => {
    const records = run(
      begin('t', 'a'),
      ask('t'),
      begin('done', 'a'),
      ask('done'),
      crash,
      recover,
      begin('later', 'a'),
      ask('later'),
      ask('t'),
    );
    expect(eventsOf(records)).toEqual(['AskOutcome', 'CrashCoordinator', 'RecoverCoordinator forgotten', 'AskOutcome']);
    expect(eventsOf(records, 'done')).toEqual(['AskOutcome']);
    expect(eventsOf(records, 'later')).toEqual(['AskOutcome']);
  });

  it('gives the crash of a participant to those that it takes part in', () => {
    const records = run(begin('t', 'a'), begin('u', 'b'), crashed('b'), unprepared('b'), ask('t'), ask('u'));
    expect(eventsOf(records)).toEqual(['AskOutcome']);
    expect(eventsOf(records, 'u')).toEqual(['CrashParticipant b', 'RecoverParticipant b unprepared', 'AskOutcome']);
  });

  it('lets a recovery by name take the place of the general one', () => {
    const records = run(begin('t', 'a', 'b'), crash, recovered('t'), recover, crashed('a'), prepared('t', 'a'), unprepared('a'), ask('t'));
    expect(eventsOf(records)).toEqual([
      'CrashCoordinator',
      'RecoverCoordinator committed',
      'CrashParticipant a',
      'RecoverParticipant a prepared',
      'AskOutcome',
    ]);
  });

  it('has one crash where the process died again before it had recovered', () => {
    const records = run(
      begin('t', 'a'),
      crash,
      crash,
      recovered('t'),
      crashed('a'),
      crash,
      recovered('t'),
      crashed('a'),
      prepared('t', 'a'),
    );
    expect(eventsOf(records)).toEqual([
      'CrashCoordinator',
      'RecoverCoordinator committed',
      'CrashParticipant a',
      'CrashCoordinator',
      'RecoverCoordinator committed',
      'RecoverParticipant a prepared',
    ]);
  });

  it('names what has no begin', () => {
    expect(projectRun(run(ask('t'), begin('u', 'a'), ask('u'))).withoutBegin).toEqual(['t']);
  });
});

it.each([
  ['without a number', { at: 0, action: 'AskOutcome' }],
  ['without a time', { seq: 1, action: 'AskOutcome' }],
  ['of a transaction with an impossible name', { seq: 1, at: 0, tx: 'a b', action: 'AskOutcome' }],
  ['of an action that the spec does not have', { seq: 1, at: 0, action: 'Think' }],
  ['with a field that its action does not have', { seq: 1, at: 0, action: 'AskOutcome', rm: 'a' }],
  ['of a begin without participants', { seq: 1, at: 0, tx: 't', action: 'Begin', participants: [] }],
  ['that is no object', 'AskOutcome'],
])('a record %s is refused', (_what, value) => {
  expect(() => parseTraceRecord(value)).toThrow();
});
