/**
 * Method: branches that nobody drives, put into a store by hand or left by one that was gone for too long, while the manager runs in hand-turned
 * time. What becomes of each must follow from the log, and a live transaction must not notice.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileDecisionLog } from '../../src/log/file-decision-log.ts';
import type { DecisionRecord } from '../../src/protocol/log-record.ts';
import type { CrossboundOptions } from '../../src/runtime/options.ts';
import type { TransactionScope } from '../../src/runtime/transaction.ts';
import { DIRECTORY, HAND_MADE, ManagerFixture, settledAs } from './manager-fixture.ts';
import { fails, type ScriptedParticipant, waitsFor } from './scripted-participant.ts';

const INTERVAL_MS = 30_000;
const ABANDON_MS = 20_000;
const OLD = `${HAND_MADE}1`;

let fixture: ManagerFixture;
let left: ScriptedParticipant;
let right: ScriptedParticipant;
beforeEach(() => {
  fixture = new ManagerFixture();
  ({ left, right } = fixture);
});
afterEach(() => fixture.end());

const start = (options: Partial<CrossboundOptions> = {}) =>
  fixture.start({
    recovery: { intervalMs: INTERVAL_MS },
    timeouts: { abandonMs: ABANDON_MS, attemptMs: 5_000, prepareMs: 1_000, settleMs: 1_000, closeMs: 4_000 },
    ...options,
  });
const run = <Value>(promise: Promise<Value>) => fixture.environment.run(promise);
const pass = (durationMs: number) => fixture.environment.pass(durationMs);
const inBoth = async (tx: TransactionScope) => {
  await tx.enlist(left);
  await tx.enlist(right);
  return tx.id;
};
const writeLog = async (...records: DecisionRecord[]) => {
  const log = new FileDecisionLog(fixture.environment, { directory: DIRECTORY });
  const { epoch } = await log.open('test', {}, undefined, HAND_MADE.slice(3, -1));
  for (const record of records) await log.append(record, { epoch });
  await log.close();
};

describe('a branch that turns up in a store while the manager runs', () => {
  it('and of which the log knows no commit is rolled back', async () => {
    await writeLog();
    const manager = await start();
    right.prepared.add(OLD);
    await pass(INTERVAL_MS - 1);
    expect(right.prepared.size).toBe(1);
    await pass(1);
    expect([right.prepared.size, right.committed.size]).toEqual([0, 0]);
    expect(manager.stats()).toMatchObject({ recovering: 0, active: 0 });
  });

  it('and that the log has committed, such as one restored by an operator, is committed', async () => {
    await writeLog({ type: 'Commit', tx: OLD, participants: ['left', 'right'] }, { type: 'End', tx: OLD });
    await start();
    right.prepared.add(OLD);
    await pass(INTERVAL_MS);
    expect([...right.committed]).toEqual([OLD]);
    expect(left.calls).not.toContain('commit');
  });

  it('and that another log has decided is left alone', async () => {
    await writeLog();
    const manager = await start();
    const foreign = 'e1-00ff00ff00fe-1';
    right.prepared.add(foreign);
    await pass(3 * INTERVAL_MS);
    expect([...right.prepared]).toEqual([foreign]);
    expect(await run(manager.inDoubt())).toEqual([{ transaction: foreign, participant: 'right' }]);
  });

  it('is found by the next look where one look fails', async () => {
    await writeLog();
    await start({ heartbeat: false });
    right.next('inDoubt', fails());
    right.prepared.add(OLD);
    await pass(INTERVAL_MS + 5_000);
    expect(right.prepared.size).toBe(0);
  });

  it('stays where it is without periodic recovery', async () => {
    await writeLog();
    await start({ recovery: false });
    right.prepared.add(OLD);
    await pass(10 * INTERVAL_MS);
    expect(right.prepared.size).toBe(1);
    right.prepared.clear();
  });
});

describe('a live transaction', () => {
  it.each(['prepare', 'commit'] as const)('that hangs in %s while recovery looks into the stores is not touched', async (call) => {
    const manager = await start({ timeouts: { prepareMs: 10 * INTERVAL_MS, attemptMs: 10 * INTERVAL_MS, settleMs: 10 * INTERVAL_MS } });
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next(call, waitsFor(promise));
    const committing = manager.transaction(inBoth);
    await pass(3 * INTERVAL_MS);
    resolve();
    const id = await run(committing);
    expect([[...left.committed], [...right.committed]]).toEqual([[id], [id]]);
    expect(left.calls).not.toContain('rollback');
  });

  it('that ends between a question and its answer is not driven twice', async () => {
    const manager = await start({ heartbeat: false, timeouts: { attemptMs: 10 * INTERVAL_MS } });
    const { promise, resolve } = Promise.withResolvers<void>();
    const tx = await run(manager.begin());
    await inBoth(tx);
    // The question is put while it is prepared, and answered when it is over.
    right.next('commit', waitsFor(promise));
    const told = right.inDoubt.bind(right);
    right.inDoubt = async () => {
      right.inDoubt = told;
      const answer = await told();
      await tx.finished;
      return answer;
    };
    const committing = tx.commit();
    await pass(INTERVAL_MS);
    resolve();
    await run(committing);
    await pass(INTERVAL_MS);
    expect(right.calls.filter((call) => call === 'commit')).toHaveLength(1);
    expect(fixture.actions()).not.toContain('CrashParticipant right');
  });
});

describe('a transaction past its time, at a store that is gone', () => {
  /** Until it is back, which also ends the calls under way, as a connection that breaks in the end. */
  const gone = (store: ScriptedParticipant) => {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    for (const method of ['prepare', 'rollback', 'inDoubt'] as const) store.always(method, () => promise);
    return () => {
      store.behave();
      reject(new Error('connection reset'));
    };
  };

  it('is rolled back although its client never comes back', async () => {
    const manager = await start();
    const tx = await run(manager.begin({ timeoutMs: 500 }));
    await inBoth(tx);
    await pass(500);
    expect([left.working.size, right.working.size, manager.stats().active]).toEqual([0, 0, 0]);
    expect(await settledAs(tx.commit())).toBe('TIMEOUT');
  });

  it('gives up its place, is counted, and is rolled back when the store is there again', async () => {
    const manager = await start({ limits: { maxActive: 1, maxQueued: 1 } });
    const tx = await run(manager.begin());
    await inBoth(tx);
    const comesBack = gone(right);
    expect(await settledAs(run(tx.commit()))).toBe('TIMEOUT');
    expect(manager.stats()).toMatchObject({ active: 1, abandoned: 0 });
    const next = manager.begin({ timeoutMs: 2 * ABANDON_MS });
    await pass(ABANDON_MS);
    expect(manager.stats()).toMatchObject({ active: 1, queued: 0, abandoned: 1 });
    await expect(tx.finished).rejects.toMatchObject({
      code: 'ABANDONED',
      message: expect.stringContaining(`"right" did not carry that out within ${ABANDON_MS} ms (timeouts.abandonMs)`),
    });
    expect(manager.outcome(tx.id)).toBe('aborted');
    expect(manager.health().participants['right']).toMatchObject({ state: 'suspected', abandoned: 1 });
    await run((await next).rollback());
    comesBack();
    await pass(2 * INTERVAL_MS);
    expect([right.working.size, right.prepared.size]).toEqual([0, 0]);
    expect(manager.health().participants['right']).toMatchObject({ state: 'up', abandoned: 0 });
  });

  it('has its roll-back soon after the store is trusted again, not an interval later', async () => {
    await start({ recovery: { intervalMs: 1_000_000 } }).then(async (manager) => {
      const tx = await run(manager.begin());
      await inBoth(tx);
      right.always('rollback', fails('gone')).always('inDoubt', fails('gone'));
      await run(tx.rollback());
      await pass(ABANDON_MS);
      expect(manager.health().participants['right']).toMatchObject({ state: 'suspected', abandoned: 1 });
      right.behave();
      await pass(6_000);
      expect(manager.health().participants['right']).toMatchObject({ state: 'up', abandoned: 0 });
      expect(right.working.size).toBe(0);
    });
  });

  it('and whose first phase ends after it was given up is still rolled back', async () => {
    const manager = await start({ heartbeat: false });
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next('prepare', waitsFor(promise));
    const work = manager.transaction(inBoth);
    expect(await settledAs(run(work))).toBe('TIMEOUT');
    // Given up, and rolled back by the next look: the late first phase comes after that.
    right.next('rollback', () => undefined);
    await pass(ABANDON_MS + INTERVAL_MS);
    expect(manager.stats()).toMatchObject({ active: 0, abandoned: 1 });
    resolve();
    await pass(2 * INTERVAL_MS);
    expect([right.working.size, right.prepared.size, right.committed.size]).toEqual([0, 0, 0]);
  });

  it('and that is decided keeps its place until it is committed', async () => {
    const manager = await start();
    right.always('commit', fails('gone'));
    const id = await run(manager.transaction(inBoth));
    await pass(3 * ABANDON_MS);
    expect(manager.stats()).toMatchObject({ active: 1, abandoned: 0 });
    right.behave();
    await pass(3_000);
    expect([...right.committed]).toEqual([id]);
  });
});
