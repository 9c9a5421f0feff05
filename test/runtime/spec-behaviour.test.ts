/**
 * Method: the oracle that judges the runs of these tests is itself judged: real runs, made of every path of the protocol, are broken in
 * one place each, by leaving out, doubling, moving or falsifying a step; what matters must be rejected.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRun } from '../../src/protocol/recorded-run.ts';
import type { TraceEvent } from '../../src/protocol/trace-event.ts';
import { ManagerFixture } from './manager-fixture.ts';
import { refuses } from './scripted-participant.ts';
import { firstImpossible } from './spec-behaviour.ts';

let fixture: ManagerFixture;
let committed: TraceEvent[];
let aborted: TraceEvent[];

const participants = ['left', 'right'];
const judge = (events: readonly TraceEvent[]) => firstImpossible({ participants, events });

beforeEach(async () => {
  fixture = new ManagerFixture();
  const { left, right } = fixture;
  const manager = await fixture.start();
  const run = () => fixture.environment.run(manager.transaction((tx) => Promise.all([tx.enlist(left), tx.enlist(right)])));
  await run();
  right.next('prepare', refuses());
  await run().catch(() => undefined);
  right.working.clear();
  await fixture.environment.settle();
  const [first, second] = projectRun(fixture.records).transactions;
  committed = [...(first?.events ?? [])];
  aborted = [...(second?.events ?? [])];
});
afterEach(() => fixture.end());

const at = (events: readonly TraceEvent[], action: string) => events.findIndex((event) => event.action === action);
const without = (events: readonly TraceEvent[], ...actions: string[]) => events.filter(({ action }) => !actions.includes(action));

it('real runs are behaviours', () => {
  expect(at(committed, 'FlushCoordinator')).toBeGreaterThan(0);
  expect(at(aborted, 'RefusePrepare')).toBeGreaterThan(0);
  expect([judge(committed), judge(aborted)]).toEqual([undefined, undefined]);
});

describe('a run is rejected', () => {
  it('in which the decision was not flushed', () => {
    expect(judge(without(committed, 'FlushCoordinator'))).toBeDefined();
  });

  it('in which a vote was not flushed', () => {
    const first = at(committed, 'FlushParticipant');
    expect(judge(committed.toSpliced(first, 1))).toBeDefined();
  });

  it('in which the client was told before the decision was durable', () => {
    const answer = committed[at(committed, 'Answer')]!;
    const early = without(committed, 'Answer').toSpliced(at(committed, 'FlushCoordinator'), 0, answer);
    expect(judge(early)).toBe(at(committed, 'FlushCoordinator'));
  });

  it.each([
    ['committed', 'aborted'],
    ['aborted', 'committed'],
  ] as const)('in which the client of a transaction that was %s was told %s', (path, outcome) => {
    const events = path === 'committed' ? committed : aborted;
    expect(judge([...without(events, 'Answer'), { action: 'Answer', outcome }])).toBeDefined();
  });

  it('in which a participant committed before it was told', () => {
    expect(judge(without(committed, 'ReceiveCommit'))).toBeDefined();
  });

  it('in which an aborted transaction is committed somewhere', () => {
    expect(judge([...aborted, { action: 'ReceiveCommit', rm: 'left' }])).toBe(aborted.length);
  });

  it('in which the coordinator forgot a commit in a crash', () => {
    const crash: TraceEvent[] = [{ action: 'CrashCoordinator' }, { action: 'RecoverCoordinator', state: 'forgotten' }];
    const flushed = at(committed, 'FlushCoordinator') + 1;
    expect(judge([...committed.slice(0, flushed), ...crash])).toBe(flushed + 1);
    expect(judge([...committed.slice(0, flushed - 1), ...crash])).toBeUndefined();
  });

  it('in which a participant forgot its vote in a crash', () => {
    const flushed = at(committed, 'FlushParticipant');
    const crash: TraceEvent[] = [
      { action: 'CrashParticipant', rm: 'left' },
      { action: 'RecoverParticipant', rm: 'left', state: 'unprepared' },
    ];
    expect(judge([...committed.slice(0, flushed + 1), ...crash])).toBe(flushed + 2);
    expect(judge([...committed.slice(0, flushed), ...crash])).toBeUndefined();
  });

  it('in which a message arrives that nobody sent', () => {
    for (const action of ['ReceiveYes', 'ReceiveNo', 'ReceiveAck', 'ReceivePrepare', 'ReceiveCommit', 'ReceiveAbort'] as const) {
      expect(judge([{ action, rm: 'left' }])).toBe(0);
    }
  });
});
