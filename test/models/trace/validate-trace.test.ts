// Method: traces written by hand, from what the protocol is, not from what our runtime records. TLC must accept the good
// ones, and name the first event of each bad one that the specification cannot explain.
import { describe, expect, test } from 'vitest';
import { type TraceValidation, validateTraces } from '../../../models/trace/validate-trace.ts';
import type { RecordedTransaction } from '../../../src/protocol/recorded-run.ts';
import type { TraceEvent } from '../../../src/protocol/trace-event.ts';
import { findRealTlc } from '../tlc/tiny-spec.ts';

const tlc = await findRealTlc();

const both = ['bank', 'journal'];
const e = (action: string, rm?: string): TraceEvent => ({ action, ...(rm === undefined ? {} : { rm }) }) as TraceEvent;
const commitFlushed: TraceEvent = { action: 'FlushCoordinator', record: 'Commit' };
const told = (outcome: 'committed' | 'aborted'): TraceEvent => ({ action: 'Answer', outcome });
const prepares = (rm: string): TraceEvent[] => [
  e('ReceivePrepare', rm),
  { action: 'FlushParticipant', rm, record: 'Prepared' },
  e('ReceiveYes', rm),
];
const commits = (rm: string): TraceEvent[] => [
  e('ReceiveCommit', rm),
  { action: 'FlushParticipant', rm, record: 'Committed' },
  e('ReceiveAck', rm),
];
const recovers = (rm: string, state: 'prepared' | 'committed' | 'aborted' | 'unprepared'): TraceEvent => ({
  action: 'RecoverParticipant',
  rm,
  state,
});
const coordinatorRecovers = (state: 'committed' | 'forgotten'): TraceEvent => ({ action: 'RecoverCoordinator', state });

const allPrepare = [e('RequestCommit'), ...both.flatMap(prepares)];
const allCommit = both.flatMap(commits);
const commit = [...allPrepare, commitFlushed, told('committed'), ...allCommit];
const processDies = [e('CrashCoordinator'), ...both.map((rm) => e('CrashParticipant', rm))];

const good: Record<string, TraceEvent[]> = {
  'a commit': commit,
  'a commit whose end is flushed': [...commit, { action: 'FlushCoordinator', record: 'End' }],
  'a commit that the client asks about': [...allPrepare, commitFlushed, e('AskOutcome'), told('committed'), ...allCommit],
  'a rollback by the client': [e('RequestRollback'), told('aborted'), ...both.map((rm) => e('ReceiveAbort', rm))],
  'a refusal': [
    e('RequestCommit'),
    ...prepares('bank'),
    e('ReceivePrepare', 'journal'),
    e('RefusePrepare', 'journal'),
    e('ReceiveNo', 'journal'),
    told('aborted'),
    e('ReceiveAbort', 'bank'),
  ],
  'a participant that gave up before it was asked': [
    e('RequestCommit'),
    e('AbortUnilaterally', 'bank'),
    e('ReceivePrepare', 'bank'),
    e('ReceiveNo', 'bank'),
    told('aborted'),
  ],
  'a vote time-out': [e('RequestCommit'), ...prepares('bank'), e('VoteTimeOut'), told('aborted'), e('ReceiveAbort', 'bank')],
  'a retransmission that overlaps an answer': [
    e('RequestCommit'),
    e('ReceivePrepare', 'bank'),
    { action: 'FlushParticipant', rm: 'bank', record: 'Prepared' },
    e('Resend', 'bank'),
    e('ReceiveYes', 'bank'),
    e('ReceivePrepare', 'bank'),
    e('ReceiveYes', 'bank'),
  ],
  'a crash of the coordinator before the flush: presumed abort': [
    ...allPrepare,
    e('CrashCoordinator'),
    coordinatorRecovers('forgotten'),
    e('VoteAgain', 'bank'),
    e('ReceiveYes', 'bank'),
    e('ReceiveAbort', 'bank'),
  ],
  'a crash of the coordinator before the flush was noted, whose record survived': [
    ...allPrepare,
    e('CrashCoordinator'),
    coordinatorRecovers('committed'),
    e('Resend', 'bank'),
    e('Resend', 'journal'),
    ...allCommit,
  ],
  'a crash of the coordinator after the flush': [
    ...allPrepare,
    commitFlushed,
    told('committed'),
    e('CrashCoordinator'),
    coordinatorRecovers('committed'),
    e('VoteAgain', 'bank'),
    e('ReceiveYes', 'bank'),
    ...commits('bank'),
    e('Resend', 'journal'),
    ...commits('journal'),
  ],
  'two crashes of the whole process, and a store that forgets outcomes': [
    ...allPrepare,
    commitFlushed,
    e('ReceiveCommit', 'bank'),
    ...processDies,
    coordinatorRecovers('committed'),
    recovers('bank', 'unprepared'),
    recovers('journal', 'prepared'),
    ...processDies,
    recovers('journal', 'prepared'),
    recovers('bank', 'unprepared'),
    coordinatorRecovers('committed'),
    e('Resend', 'bank'),
    e('ReceiveCommit', 'bank'),
    { action: 'FlushParticipant', rm: 'bank', record: 'Committed' },
    e('ReceiveAck', 'bank'),
    e('Resend', 'journal'),
    ...commits('journal'),
  ],
  'a participant that crashes before its flush was noted, and is in doubt': [
    e('RequestCommit'),
    e('ReceivePrepare', 'bank'),
    e('CrashParticipant', 'bank'),
    recovers('bank', 'prepared'),
    e('VoteAgain', 'bank'),
    ...prepares('journal'),
    e('ReceiveYes', 'bank'),
    commitFlushed,
    ...allCommit,
  ],
  'a participant that crashes before it prepared': [
    e('RequestCommit'),
    e('CrashParticipant', 'bank'),
    recovers('bank', 'aborted'),
    e('Resend', 'bank'),
    e('ReceivePrepare', 'bank'),
    e('ReceiveNo', 'bank'),
    told('aborted'),
  ],
  'a crash between an event and its effect': [
    e('RequestCommit'),
    ...processDies,
    coordinatorRecovers('forgotten'),
    recovers('bank', 'aborted'),
  ],
  nothing: [],
};

const without = (trace: readonly TraceEvent[], position: number): TraceEvent[] => trace.filter((_event, at) => at !== position);
const recoversWith = [...allPrepare, commitFlushed, told('committed'), e('CrashCoordinator'), coordinatorRecovers('forgotten')];

/** The trace, and the event that must be named. */
const bad: Record<string, [TraceEvent[], number]> = {
  'one participant told to abort what the other commits': [
    [...allPrepare, commitFlushed, ...commits('bank'), e('ReceiveAbort', 'journal')],
    allPrepare.length + 4,
  ],
  'a decision that recovery lost': [recoversWith, recoversWith.length - 1],
  'a participant that recovers as if it had not voted': [
    [...allPrepare, commitFlushed, e('CrashParticipant', 'bank'), recovers('bank', 'aborted')],
    allPrepare.length + 2,
  ],
  'a store that is not in doubt although it voted and was told nothing': [
    [...allPrepare, e('CrashParticipant', 'bank'), recovers('bank', 'unprepared')],
    allPrepare.length + 1,
  ],
  'an answer before the decision is durable': [[...allPrepare, told('committed'), commitFlushed, ...allCommit], allPrepare.length],
  'an answer that contradicts the first': [[...commit.slice(0, 9), told('aborted')], 9],
  'a missing flush of the coordinator': [without([...allPrepare, commitFlushed, ...allCommit], allPrepare.length), allPrepare.length],
  'a missing flush of a prepared record': [without(commit, 2), 2],
  'a missing flush of a committed record': [without(commit, 10), 10],
  'a commit without the second vote': [[...allPrepare.slice(0, 6), commitFlushed], 6],
  'a flush of what was never decided': [[e('RequestCommit'), e('VoteTimeOut'), commitFlushed], 2],
  'a time-out after the decision': [[...allPrepare, e('VoteTimeOut')], allPrepare.length],
  'an acknowledgement twice': [[...commit, e('ReceiveAck', 'bank')], commit.length],
  'a step of a coordinator that is down': [
    [e('RequestCommit'), ...prepares('bank').slice(0, 2), e('CrashCoordinator'), e('ReceiveYes', 'bank')],
    4,
  ],
  'a step of a participant that is down': [[e('RequestCommit'), e('CrashParticipant', 'bank'), e('ReceivePrepare', 'bank')], 2],
  'a participant that is none': [[e('RequestCommit'), ...prepares('stranger')], 1],
};

const asTransactions = (traces: Record<string, TraceEvent[]>): RecordedTransaction[] =>
  Object.entries(traces).map(([tx, events]) => ({ tx, participants: both, events }));

async function validate(transactions: readonly RecordedTransaction[]): Promise<TraceValidation> {
  if (tlc.missing !== undefined) throw new Error(tlc.missing);
  return await validateTraces({ transactions, java: tlc.java, jar: tlc.jar, signal: AbortSignal.timeout(50_000) });
}

describe.skipIf(tlc.missing !== undefined)(`TLC ${tlc.missing ?? ''}`, () => {
  test('accepts what the protocol allows, and transactions with other numbers of participants beside it', async () => {
    const alone: RecordedTransaction = {
      tx: 'alone',
      participants: ['bank'],
      events: [e('RequestCommit'), ...prepares('bank'), commitFlushed, told('committed'), ...commits('bank')],
    };
    const transactions = [...asTransactions(good), alone];
    expect(await validate(transactions)).toEqual({ accepted: transactions.length, rejected: [] });
  });

  test('rejects what it does not allow, and names the event', async () => {
    const traces = Object.fromEntries(Object.entries(bad).map(([name, [events]]) => [name, events]));
    const { accepted, rejected } = await validate(asTransactions({ ...traces, 'a commit': commit }));
    expect(accepted).toBe(1);
    expect(Object.fromEntries(rejected.map(({ tx, position }) => [tx, position]))).toEqual(
      Object.fromEntries(Object.entries(bad).map(([name, [, position]]) => [name, position])),
    );
    for (const { tx, event, position } of rejected) expect(event).toEqual(bad[tx]?.[0][position]);
    expect(rejected.map(({ index }) => index)).toEqual(Object.keys(bad).map((_name, index) => index));
    expect(rejected.find(({ tx }) => tx === 'a missing flush of a prepared record')?.reason).toBe(
      'ReceiveYes(rm bank) is no step of TwoPhaseCommit after the 2 before it: the coordinator is preparing; bank is preparing; ' +
        'journal is working; the client has been told nothing; in flight: Prepare to journal.',
    );
  });

  test('is stopped by the signal', async () => {
    if (tlc.missing !== undefined) throw new Error(tlc.missing);
    const stopped = validateTraces({
      transactions: asTransactions(good),
      java: tlc.java,
      jar: tlc.jar,
      signal: AbortSignal.timeout(100),
    });
    await expect(stopped).rejects.toThrow(/aborted/);
  });
});
