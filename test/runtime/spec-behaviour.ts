/**
 * TwoPhaseCommit.tla and TwoPhaseTrace.tla for one transaction, written down by hand a second time, so that every recorded run of
 * the tests can be judged at once: is it a behaviour of the spec? Knows nothing of the statecharts. (TLC judges the recorded
 * runs of the demonstration; here nothing but speed is gained, and test/runtime/spec-behaviour.test.ts shows that it bites.)
 */
import { projectRun, type RecordedTransaction, type TraceRecord } from '../../src/protocol/recorded-run.ts';
import type { TraceEvent } from '../../src/protocol/trace-event.ts';

interface RmState {
  readonly state: string;
  readonly tail: readonly string[];
  readonly durable: string;
}

interface SpecState {
  readonly tm: string;
  readonly heard: readonly string[];
  readonly tail: readonly string[];
  readonly durable: string;
  readonly rms: Readonly<Record<string, RmState>>;
  readonly network: readonly string[];
  readonly answers: readonly string[];
}

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();
const last = (durable: string, flushed: readonly string[]): string => flushed.at(-1) ?? durable;
const prefixes = (list: readonly string[]): readonly number[] => Array.from({ length: list.length + 1 }, (_, k) => k);

const send = (state: SpecState, ...messages: string[]): SpecState => ({ ...state, network: unique([...state.network, ...messages]) });
const sendAll = (state: SpecState, type: string): SpecState => send(state, ...Object.keys(state.rms).map((rm) => `${type} ${rm}`));
const receive = (state: SpecState, message: string): SpecState | undefined =>
  state.network.includes(message) ? { ...state, network: state.network.filter((other) => other !== message) } : undefined;
const answer = (state: SpecState, outcome: string): SpecState => ({ ...state, answers: unique([...state.answers, outcome]) });
const abort = (state: SpecState): SpecState => sendAll(answer({ ...state, tm: 'aborted', heard: [] }, 'aborted'), 'Abort');

function withRm(state: SpecState, rm: string, change: Partial<RmState>): SpecState {
  return { ...state, rms: { ...state.rms, [rm]: { ...state.rms[rm]!, ...change } } };
}

function receiveYes(state: SpecState, rm: string): SpecState[] {
  const taken = receive(state, `Yes ${rm}`);
  if (!taken || state.tm === 'down') return [];
  if (state.tm === 'committed') return [send(taken, `Commit ${rm}`)];
  if (state.tm === 'aborted' || state.tm === 'forgotten') return [send(taken, `Abort ${rm}`)];
  if (state.tm !== 'preparing') return [taken];
  const heard = unique([...state.heard, rm]);
  if (heard.length < Object.keys(state.rms).length) return [{ ...taken, heard }];
  return [{ ...taken, tm: 'committing', heard: [], tail: [...state.tail, 'Commit'] }];
}

function receiveAck(state: SpecState, rm: string): SpecState[] {
  const taken = receive(state, `Ack ${rm}`);
  if (!taken || state.tm === 'down') return [];
  if (state.tm !== 'committed') return [taken];
  const heard = unique([...state.heard, rm]);
  if (heard.length < Object.keys(state.rms).length) return [{ ...taken, heard }];
  return [{ ...taken, tm: 'forgotten', heard: [], tail: [...state.tail, 'End'] }];
}

function flushCoordinator(state: SpecState, record: string): SpecState[] {
  if (state.tm === 'down') return [];
  return prefixes(state.tail).flatMap((k) => {
    const flushed = state.tail.slice(0, k);
    if (flushed.at(-1) !== record) return [];
    const next = { ...state, tail: state.tail.slice(k), durable: last(state.durable, flushed) };
    return [flushed.includes('Commit') ? sendAll(answer({ ...next, tm: 'committed' }, 'committed'), 'Commit') : next];
  });
}

function flushParticipant(state: SpecState, rm: string, record: string): SpecState[] {
  const { state: before, tail, durable } = state.rms[rm]!;
  if (before === 'down') return [];
  const flushes = prefixes(tail).flatMap((k) => {
    const flushed = tail.slice(0, k);
    if (flushed.at(-1) !== record) return [];
    const next = withRm(state, rm, { tail: tail.slice(k), durable: last(durable, flushed) });
    if (flushed.includes('Prepared') && before === 'preparing') return [send(withRm(next, rm, { state: 'prepared' }), `Yes ${rm}`)];
    if (flushed.includes('Committed')) return [send(withRm(next, rm, { state: 'committed' }), `Ack ${rm}`)];
    return [next];
  });
  return tail.length === 0 && durable === record ? [...flushes, state] : flushes;
}

function receiveOrder(state: SpecState, order: 'Prepare' | 'Commit' | 'Abort', rm: string): SpecState[] {
  const { state: before, tail } = state.rms[rm]!;
  const taken = receive(state, `${order} ${rm}`);
  if (!taken || before === 'down') return [];
  const become = (next: string, record?: string) => [withRm(taken, rm, { state: next, tail: record ? [...tail, record] : tail })];
  switch (`${order} ${before}`) {
    case 'Prepare working':
      return become('preparing', 'Prepared');
    case 'Prepare aborted':
      return [send(taken, `No ${rm}`)];
    case 'Prepare prepared':
      return [send(taken, `Yes ${rm}`)];
    case 'Commit prepared':
      return become('committing', 'Committed');
    case 'Commit committed':
      return [send(taken, `Ack ${rm}`)];
    case 'Abort working':
      return become('aborted');
    case 'Abort preparing':
    case 'Abort prepared':
      return become('aborted', 'Aborted');
    default:
      return [taken];
  }
}

function coordinatorStep(state: SpecState, event: TraceEvent): SpecState[] {
  switch (event.action) {
    case 'RequestCommit':
      return state.tm === 'working' ? [sendAll({ ...state, tm: 'preparing' }, 'Prepare')] : [];
    case 'RequestRollback':
      return state.tm === 'working' ? [abort(state)] : [];
    case 'VoteTimeOut':
      return state.tm === 'preparing' ? [abort(state)] : [];
    case 'ReceiveYes':
      return receiveYes(state, event.rm);
    case 'ReceiveNo': {
      const taken = receive(state, `No ${event.rm}`);
      if (!taken || state.tm === 'down') return [];
      return [state.tm === 'preparing' ? abort(taken) : taken];
    }
    case 'ReceiveAck':
      return receiveAck(state, event.rm);
    case 'FlushCoordinator':
      return flushCoordinator(state, event.record);
    case 'Resend':
      if ((state.tm !== 'preparing' && state.tm !== 'committed') || state.heard.includes(event.rm)) return [];
      return [send(state, `${state.tm === 'preparing' ? 'Prepare' : 'Commit'} ${event.rm}`)];
    case 'AskOutcome':
      return state.tm === 'committed' || state.tm === 'aborted' ? [answer(state, state.tm)] : [];
    case 'Answer':
      return state.answers.includes(event.outcome) ? [state] : [];
    case 'CrashCoordinator':
      if (state.tm === 'down') return [];
      return prefixes(state.tail).map((k) => ({
        ...state,
        ...{ tm: 'down', heard: [], tail: [], durable: last(state.durable, state.tail.slice(0, k)) },
      }));
    case 'RecoverCoordinator': {
      const tm = state.durable === 'Commit' ? 'committed' : 'forgotten';
      return state.tm === 'down' && tm === event.state ? [{ ...state, tm }] : [];
    }
    default:
      return [];
  }
}

function participantStep(state: SpecState, event: TraceEvent): SpecState[] {
  if (!('rm' in event)) return [];
  const { rm } = event;
  const branch = state.rms[rm];
  if (!branch) return [];
  switch (event.action) {
    case 'ReceivePrepare':
      return receiveOrder(state, 'Prepare', rm);
    case 'ReceiveCommit':
      return receiveOrder(state, 'Commit', rm);
    case 'ReceiveAbort':
      return receiveOrder(state, 'Abort', rm);
    case 'AbortUnilaterally':
      return branch.state === 'working' ? [withRm(state, rm, { state: 'aborted' })] : [];
    case 'RefusePrepare':
      if (branch.state !== 'preparing') return [];
      return [send(withRm(state, rm, { state: 'aborted', tail: [...branch.tail, 'Aborted'] }), `No ${rm}`)];
    case 'FlushParticipant':
      return flushParticipant(state, rm, event.record);
    case 'VoteAgain':
      return branch.state === 'prepared' ? [send(state, `Yes ${rm}`)] : [];
    case 'CrashParticipant':
      if (branch.state === 'down') return [];
      return prefixes(branch.tail).map((k) =>
        withRm(state, rm, { state: 'down', tail: [], durable: last(branch.durable, branch.tail.slice(0, k)) }),
      );
    case 'RecoverParticipant': {
      const next = branch.durable === 'Prepared' ? 'prepared' : branch.durable === 'Committed' ? 'committed' : 'aborted';
      const agrees = event.state === 'unprepared' ? next !== 'prepared' : next === event.state;
      return branch.state === 'down' && agrees ? [withRm(state, rm, { state: next })] : [];
    }
    default:
      return [];
  }
}

/** What the spec makes of the trace: the position of the first event that no behaviour has, or undefined. */
export function firstImpossible({ participants, events }: Pick<RecordedTransaction, 'participants' | 'events'>): number | undefined {
  const rms = Object.fromEntries(participants.map((rm) => [rm, { state: 'working', tail: [], durable: 'none' }]));
  let possible: SpecState[] = [{ tm: 'working', heard: [], tail: [], durable: 'none', rms, network: [], answers: [] }];
  for (const [index, event] of events.entries()) {
    const next = possible.flatMap((state) => [...coordinatorStep(state, event), ...participantStep(state, event)]);
    if (next.length === 0) return index;
    possible = [...new Map(next.map((state) => [JSON.stringify(state), state])).values()];
  }
  return undefined;
}

/** Throws, with the trace up to there, where a recorded run is not a behaviour of the spec. */
export function assertBehaviour(records: Iterable<TraceRecord>): void {
  const { transactions, withoutBegin } = projectRun(records);
  if (withoutBegin.length > 0) throw new Error(`recorded without a begin: ${withoutBegin.join(', ')}`);
  for (const transaction of transactions) {
    const at = firstImpossible(transaction);
    if (at === undefined) continue;
    const steps = transaction.events.slice(0, at + 1).map((event, index) => `${index === at ? '->' : '  '} ${JSON.stringify(event)}`);
    throw new Error(`no behaviour of TwoPhaseCommit: ${transaction.tx} of ${transaction.participants.join(', ')}\n${steps.join('\n')}`);
  }
}
