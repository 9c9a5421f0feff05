/**
 * Method: the disk under the decision log fails at a chosen call, with and without part of the bytes written; then the
 * manager is started again over what the disk kept. What a client was told must be what recovery finds.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppendTerms, DecisionLog, DecisionLogObserver, OpenedDecisionLog } from '../../src/log/decision-log.ts';
import { CrossboundError, FencedError, InDoubtError, TransactionAbortedError } from '../../src/protocol/errors.ts';
import type { CoordinatorRecord, DecisionRecord } from '../../src/protocol/log-record.ts';
import type { Crossbound } from '../../src/runtime/crossbound.ts';
import type { TransactionScope } from '../../src/runtime/transaction.ts';
import { ManagerFixture, settledAs } from './manager-fixture.ts';
import type { ScriptedParticipant } from './scripted-participant.ts';

let fixture: ManagerFixture;
let left: ScriptedParticipant;
let right: ScriptedParticipant;

beforeEach(() => {
  fixture = new ManagerFixture();
  ({ left, right } = fixture);
});
afterEach(() => fixture.end());

const inBoth = async (tx: TransactionScope) => {
  await tx.enlist(left);
  await tx.enlist(right);
  return tx.id;
};
const caught = (promise: Promise<unknown>) =>
  fixture.environment.run(promise).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a disk that fails while the decision is written', () => {
  it.each([
    ['write', 0, 'aborted'],
    ['write', 9, 'aborted'],
    ['sync', 0, 'either'],
  ] as const)('at %s leaves the client in doubt (%i bytes kept), and the next start decides', async (operation, keepBytes, expected) => {
    const manager = await fixture.start();
    fixture.environment.files.failNext(operation, 'EIO', { keepBytes });
    const error = await caught(manager.transaction(inBoth));
    expect(error).toBeInstanceOf(InDoubtError);
    if (!(error instanceof InDoubtError)) return;
    expect(error.message).toContain('EIO');
    expect([left.prepared.size, right.prepared.size]).toEqual([1, 1]);
    expect(manager.outcome(error.transaction)).toBe('active');
    await fixture.environment.run(manager.close());
    const next = await fixture.start({ waitForRecovery: true });
    const outcome = next.outcome(error.transaction);
    if (expected !== 'either') expect(outcome).toBe(expected);
    const count = outcome === 'committed' ? 1 : 0;
    expect([left.committed.size, right.committed.size, left.prepared.size, right.prepared.size]).toEqual([count, count, 0, 0]);
  });

  it('ends the manager: nothing new is begun, and what was not decided is rolled back', async () => {
    const manager = await fixture.start();
    const working = await manager.begin();
    await inBoth(working);
    fixture.environment.files.failNext('sync', 'ENOSPC');
    await caught(manager.transaction(inBoth));
    expect(working.signal.aborted).toBe(true);
    expect(await settledAs(working.commit())).toBe('LOG_FAILED');
    await expect(working.commit()).rejects.toBeInstanceOf(TransactionAbortedError);
    const refused = await caught(manager.begin());
    expect(refused).toMatchObject({ code: 'LOG_FAILED', message: expect.stringContaining('Start the manager again') });
    expect([left.working.size, right.working.size]).toEqual([0, 0]);
  });

  it('does not keep close waiting for what only the next start can decide', async () => {
    const manager = await fixture.start();
    fixture.environment.files.failNext('sync', 'EIO');
    await caught(manager.transaction(inBoth));
    const begun = fixture.environment.now();
    await fixture.environment.run(manager.close());
    expect(fixture.environment.now()).toBe(begun);
  });

  it('after the decision, at its end record, harms nobody', async () => {
    const manager = await fixture.start();
    fixture.environment.files.failNext('write', 'EIO', { skip: 1 });
    const id = await fixture.environment.run(manager.transaction(inBoth));
    await fixture.environment.settle();
    expect(manager.stats().active).toBe(0);
    expect([[...left.committed], [...right.committed]]).toEqual([[id], [id]]);
  });
});

/** A log in memory that keeps the interface's promises, and refuses on demand. */
class ScriptedLog implements DecisionLog {
  readonly records: CoordinatorRecord[] = [];
  readonly terms: AppendTerms[] = [];
  refusals: Error[] = [];
  /** Whether it tells its observer; a poor one does not. */
  isSilent = false;
  #observer: DecisionLogObserver = {};

  async open(owner: string, observer: DecisionLogObserver = {}): Promise<OpenedDecisionLog> {
    if (!this.isSilent) this.#observer = observer;
    this.records.push({ type: 'Epoch', epoch: 1, owner });
    return { epoch: 1, head: this.records.length, records: [...this.records] };
  }

  async append(record: DecisionRecord, terms: AppendTerms): Promise<number> {
    this.terms.push(terms);
    await Promise.resolve();
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    if (terms.expectedHead !== this.records.length) throw new FencedError('another head');
    this.records.push(record);
    const position = this.records.length;
    this.#observer.appended?.(position, record);
    await Promise.resolve();
    if (terms.forced) this.flush(position);
    return position;
  }

  flush(position: number): void {
    this.#observer.flushed?.(position);
  }

  async close(): Promise<void> {}
}

describe('a log that refuses the decision and has appended nothing', () => {
  const start = async (...refusals: Error[]): Promise<Crossbound> => {
    const log = new ScriptedLog();
    log.refusals = refusals;
    return fixture.start({ log });
  };

  it.each([
    ['LOG_FULL', 'terminal'],
    ['LOG_OVERLOADED', 'retryable'],
  ] as const)('with %s has it rolled back, and serves the next', async (code, kind) => {
    const manager = await start(new CrossboundError(code, kind, 'no room'));
    const error = await caught(manager.transaction(inBoth));
    expect(error).toBeInstanceOf(TransactionAbortedError);
    expect(error).toMatchObject({ code, kind, message: expect.stringContaining('no room') });
    expect([left.prepared.size, right.prepared.size]).toEqual([0, 0]);
    if (error instanceof TransactionAbortedError) expect(manager.outcome(error.transaction)).toBe('aborted');
    await fixture.environment.run(manager.transaction(inBoth));
    expect(manager.stats()).toMatchObject({ active: 0, committed: 1, aborted: 1 });
  });

  it('because another owner has it ends the manager', async () => {
    const manager = await start(new FencedError('epoch 2 owns it'));
    expect(await caught(manager.transaction(inBoth))).toMatchObject({ code: 'FENCED', name: 'TransactionAbortedError' });
    expect(await settledAs(manager.begin())).toBe('LOG_FAILED');
  });
});

describe('appending', () => {
  it('records the flush of an end when it happens, and not that of a later one', async () => {
    const log = new ScriptedLog();
    const manager = await fixture.start({ log });
    const ids = await fixture.environment.run(Promise.all([manager.transaction(inBoth), manager.transaction(inBoth)]));
    await fixture.environment.settle();
    const flushed = () =>
      fixture.records.filter((record) => record.action === 'FlushCoordinator' && record.record === 'End').map(({ tx }) => tx);
    const ends = log.records.flatMap((record, index) => (record.type === 'End' ? [index + 1] : []));
    expect(flushed()).toEqual([]);
    log.flush(ends[0]!);
    expect(flushed()).toEqual([ids[0]]);
    log.flush(ends[1]!);
    log.flush(ends[1]!);
    expect(flushed()).toEqual(ids);
  });

  it.each([
    ['tells its observer', false],
    ['does not', true],
  ])('names the head that it expects, also when many decide at once and the log %s', async (_what, isSilent) => {
    const log = new ScriptedLog();
    log.isSilent = isSilent;
    const manager = await fixture.start({ log });
    await fixture.environment.run(Promise.all(Array.from({ length: 20 }, () => manager.transaction(inBoth))));
    await fixture.environment.settle();
    expect(log.records.map(({ type }) => type).filter((type) => type === 'Commit')).toHaveLength(20);
    expect(log.terms.map(({ expectedHead }) => expectedHead)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(log.terms.map(({ forced }) => forced)).toEqual(log.records.slice(1).map(({ type }) => type === 'Commit'));
  });
});
