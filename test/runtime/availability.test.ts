/**
 * Method: a store that stops answering, or is not there at start, and comes back when the test says so, in hand-turned time. What becomes
 * of transactions must follow from the policy that was declared for it, and what it holds from the log, whenever it comes.
 */
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { FileDecisionLog } from '../../src/log/file-decision-log.ts';
import { CrossboundError } from '../../src/protocol/errors.ts';
import type { Crossbound } from '../../src/runtime/crossbound.ts';
import type { CrossboundOptions } from '../../src/runtime/options.ts';
import type { TransactionScope } from '../../src/runtime/transaction.ts';
import { DIRECTORY, HAND_MADE, ManagerFixture, settledAs } from './manager-fixture.ts';
import {
  fails,
  hangs,
  PingedParticipant,
  refuses,
  type ScriptedHandle,
  type ScriptedParticipant,
  waitsFor,
} from './scripted-participant.ts';

const HEARTBEAT = { intervalMs: 1_000, timeoutMs: 200, misses: 2 };
/** By then a store that has stopped to answer is suspected, and one that is back is trusted. */
const NOTICED_MS = 3 * (HEARTBEAT.intervalMs + HEARTBEAT.timeoutMs);

let fixture: ManagerFixture;
let left: ScriptedParticipant;
let right: ScriptedParticipant;
beforeEach(() => {
  fixture = new ManagerFixture();
  ({ left, right } = fixture);
});
afterEach(() => fixture.end());

const start = (options: Partial<CrossboundOptions> = {}) => fixture.start({ heartbeat: HEARTBEAT, ...options });
const run = <Value>(promise: Promise<Value>) => fixture.environment.run(promise);
const inBoth = async (tx: TransactionScope) => {
  await tx.enlist(left);
  await tx.enlist(right);
  return tx.id;
};
const stops = async (store: ScriptedParticipant) => {
  for (const method of ['inDoubt', 'enlist', 'prepare', 'commit', 'rollback'] as const) store.always(method, fails('connection refused'));
  await fixture.environment.pass(NOTICED_MS);
};
const comesBack = async (store: ScriptedParticipant) => {
  store.behave();
  await fixture.environment.pass(NOTICED_MS);
};

describe('a store that stops to answer', () => {
  it('is suspected after as many misses as are allowed, with its error and the time, and trusted again when it answers', async () => {
    const manager = await start();
    const up = manager.health();
    expect(up).toMatchObject({ status: 'healthy', participants: { right: { state: 'up' } }, log: { state: 'open', epoch: 1 } });
    right.always('inDoubt', fails('connection refused'));
    await fixture.environment.pass(HEARTBEAT.intervalMs);
    expect(manager.health().participants['right']).toMatchObject({ state: 'up', lastError: 'connection refused' });
    await fixture.environment.pass(HEARTBEAT.intervalMs);
    const sinceMs = fixture.environment.now();
    await fixture.environment.pass(50);
    expect(manager.health()).toMatchObject({
      status: 'degraded',
      participants: { left: { state: 'up' }, right: { state: 'suspected', sinceMs, lastError: 'connection refused', whenDown: 'refuse' } },
    });
    right.behave();
    await fixture.environment.pass(HEARTBEAT.intervalMs);
    const again = manager.health();
    expect(again).toMatchObject({ status: 'healthy', participants: { right: { state: 'up' } } });
    expect(again.participants['right']).not.toHaveProperty('lastError');
    expect(JSON.parse(JSON.stringify(again))).toEqual(again);
  });

  it('leaves nothing that could commit when it is the last one', async () => {
    const manager = await start();
    await Promise.all([stops(left), stops(right)]);
    expect(manager.health().status).toBe('unhealthy');
    await comesBack(left);
    expect(manager.health().status).toBe('degraded');
  });

  it('is asked soon after a call to it has failed, and not by every failure', async () => {
    const manager = await start({ heartbeat: { ...HEARTBEAT, intervalMs: 60_000 } });
    right.always('enlist', fails()).always('inDoubt', fails());
    const asked = () => right.calls.filter((call) => call === 'inDoubt').length;
    const before = asked();
    for (let number = 0; number < 20; number += 1) await settledAs(run(manager.transaction(inBoth)));
    await fixture.environment.pass(150);
    expect(asked() - before).toBe(1);
  });

  it('is not asked because it refused: that is an answer', async () => {
    const manager = await start({ heartbeat: { ...HEARTBEAT, intervalMs: 60_000 } });
    right.next('prepare', (work, tx) => {
      right.working.delete(tx);
      return refuses()(work, tx);
    });
    await settledAs(run(manager.transaction(inBoth)));
    await fixture.environment.pass(1_000);
    expect(right.calls.filter((call) => call === 'inDoubt')).toHaveLength(1);
  });

  it('by hanging is suspected, and no more than three questions hang', async () => {
    const manager = await start();
    right.always('inDoubt', () => hangs());
    await fixture.environment.pass(20 * NOTICED_MS);
    expect(manager.health().participants['right']).toMatchObject({
      state: 'suspected',
      lastError: expect.stringContaining('200 ms (heartbeat.timeoutMs)'),
    });
    expect(right.underWay).toBe(3);
  });

  it('and is only slow is trusted when its late answer comes', async () => {
    const manager = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    right.always('inDoubt', waitsFor(promise));
    await fixture.environment.pass(NOTICED_MS);
    expect(manager.health().participants['right']?.state).toBe('suspected');
    resolve();
    await fixture.environment.settle();
    expect(manager.health().participants['right']?.state).toBe('up');
  });

  it('is never suspected without heartbeats', async () => {
    const manager = await start({ heartbeat: false });
    await stops(right);
    expect(manager.health().status).toBe('healthy');
    expect(right.calls.filter((call) => call === 'inDoubt')).toHaveLength(1);
  });

  it('is pinged where it can be', async () => {
    const pinged = new PingedParticipant('pinged');
    const manager = await start({ participants: [pinged] });
    await fixture.environment.pass(3 * HEARTBEAT.intervalMs);
    expect(pinged.calls).toEqual(['open', 'inDoubt', 'ping', 'ping', 'ping']);
    pinged.always('ping', fails());
    await fixture.environment.pass(NOTICED_MS);
    expect(manager.health().participants['pinged']?.state).toBe('suspected');
  });
});

describe('a suspected store that is declared to refuse, as every one is by default', () => {
  it('is not asked to enlist, and the transaction is rolled back at once, with a reason that may pass', async () => {
    const manager = await start();
    await stops(right);
    const before = right.calls.filter((call) => call === 'enlist').length;
    const error: unknown = await run(manager.transaction(inBoth)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE', kind: 'retryable' });
    expect(String(error)).toContain('"right" does not answer. Last error: connection refused');
    expect(right.calls.filter((call) => call === 'enlist')).toHaveLength(before);
    expect(left.working.size).toBe(0);
    expect(manager.stats()).toMatchObject({ active: 0, rollbacks: { resource: 1 } });
    await run(manager.transaction((tx) => tx.enlist(left)));
    await comesBack(right);
    await run(manager.transaction(inBoth));
  });
});

describe('a suspected store that is declared to queue', () => {
  const queue = (bounds: { maxQueued?: number; queueMs?: number } = {}) => start({ whenDown: { right: { policy: 'queue', ...bounds } } });

  it('is waited for, and serves those who waited when it is back', async () => {
    const manager = await queue({ queueMs: 60_000 });
    await stops(right);
    const waiting = [manager.transaction(inBoth), manager.transaction(inBoth)];
    await fixture.environment.settle();
    expect(manager.health().participants['right']).toMatchObject({ queued: 2, whenDown: 'queue' });
    await comesBack(right);
    const ids = await run(Promise.all(waiting));
    expect([...right.committed].sort()).toEqual(ids.sort());
    expect(manager.health().participants['right']).toMatchObject({ queued: 0 });
  });

  it('is waited for no longer than queueMs', async () => {
    const manager = await queue({ queueMs: 700 });
    await stops(right);
    const begun = fixture.environment.now();
    const error: unknown = await run(manager.transaction(inBoth)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE', message: expect.stringContaining('700 ms (whenDown.right.queueMs)') });
    expect(fixture.environment.now() - begun).toBe(700);
  });

  it('is waited for by no more than maxQueued', async () => {
    const manager = await queue({ maxQueued: 1 });
    await stops(right);
    const waiting = manager.transaction(inBoth);
    await fixture.environment.settle();
    const error: unknown = await manager.transaction(inBoth).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('1 transactions wait for it (whenDown.right.maxQueued)');
    expect(await settledAs(run(waiting))).toBe('PARTICIPANT_UNAVAILABLE');
  });

  it('is waited for no longer than the transaction may take, which frees its place', async () => {
    const manager = await queue({ queueMs: 60_000 });
    await stops(right);
    const error: unknown = await run(manager.transaction(inBoth, { timeoutMs: 300 })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('waiting for "right"') });
    expect(manager.health().participants['right']?.queued).toBe(0);
    await comesBack(right);
    expect(right.working.size).toBe(0);
  });
});

describe('a suspected store that is declared optional', () => {
  const optional = () => start({ whenDown: { right: 'optional' } });
  const withOptional = async (tx: TransactionScope) => {
    await tx.enlist(left);
    return (await tx.enlistOptional(right)) !== undefined;
  };

  it('is left out, which its type says and health counts', async () => {
    const manager = await optional();
    await run(
      manager.transaction(async (tx) => {
        const handle = await tx.enlistOptional(right);
        expectTypeOf(handle).toEqualTypeOf<ScriptedHandle | undefined>();
        expect(handle?.transaction).toBe(tx.id);
        expect(await tx.enlistOptional(right)).toBe(handle);
        expect(await tx.enlist(right)).toBe(handle);
      }),
    );
    expect(right.committed.size).toBe(1);
    await stops(right);
    expect(await run(manager.transaction(withOptional))).toBe(false);
    expect([left.committed.size, right.committed.size]).toEqual([1, 1]);
    expect(manager.health().participants['right']).toMatchObject({ skipped: 1, whenDown: 'optional' });
    await comesBack(right);
    expect(await run(manager.transaction(withOptional))).toBe(true);
    expect(right.committed.size).toBe(2);
  });

  it('is left out too where it fails to enlist before anyone has noticed', async () => {
    const manager = await optional();
    right.next('enlist', fails('reset by peer'));
    expect(await run(manager.transaction(withOptional))).toBe(false);
    expect(left.committed.size).toBe(1);
    expect(right.calls).not.toContain('prepare');
    expect(manager.health().participants['right']).toMatchObject({ skipped: 1, lastError: 'reset by peer' });
  });

  it('rolls everything back where it fails after it was taken in', async () => {
    const manager = await optional();
    right.next('prepare', fails());
    expect(await settledAs(run(manager.transaction(withOptional)))).toBe('PARTICIPANT_FAILED');
    expect(left.committed.size).toBe(0);
  });

  it('refuses those who need it', async () => {
    const manager = await optional();
    await stops(right);
    expect(await settledAs(run(manager.transaction(inBoth)))).toBe('PARTICIPANT_UNAVAILABLE');
  });

  it('has to be declared so', async () => {
    const manager = await optional();
    const work = manager.transaction((tx) => tx.enlistOptional(left));
    await expect(run(work)).rejects.toThrow(
      `"left" is not optional. Take it in with enlist, or declare it: whenDown: { "left": 'optional' }`,
    );
  });

  it('is not taken in by a transaction that is rolled back meanwhile', async () => {
    const manager = await optional();
    right.next('enlist', () => hangs());
    const work = manager.transaction((tx) => tx.enlistOptional(right), { timeoutMs: 300 });
    expect(await settledAs(run(work))).toBe('TIMEOUT');
    expect(manager.health().participants['right']?.skipped).toBe(0);
  });
});

describe('a store that is down when the manager starts', () => {
  const OLD = `${HAND_MADE}1`;
  const LOST = `${HAND_MADE}2`;
  const logCommit = async (...participants: string[]) => {
    const log = new FileDecisionLog(fixture.environment, { directory: DIRECTORY });
    const { epoch } = await log.open('test', {}, undefined, HAND_MADE.slice(3, -1));
    await log.append({ type: 'Commit', tx: OLD, participants }, { epoch });
    await log.close();
  };
  const down = (store: ScriptedParticipant) => store.always('open', fails('connection refused'));

  it.each(['optional', 'queue'] as const)('and declared as %s does not hold up the start, and joins when it is there', async (policy) => {
    down(right);
    const begun = fixture.environment.now();
    const manager = await start({ whenDown: { right: policy } });
    expect(fixture.environment.now()).toBe(begun);
    expect(manager.health()).toMatchObject({
      status: 'degraded',
      participants: { right: { state: 'down', lastError: 'connection refused' } },
    });
    await expect(manager.inDoubt()).rejects.toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE' });
    await fixture.environment.pass(60_000);
    right.behave();
    await fixture.environment.pass(6_000);
    expect(manager.health().status).toBe('healthy');
    await run(manager.transaction(inBoth));
    expect(await run(manager.inDoubt())).toEqual([]);
  });

  it('and declared to refuse stops the start', async () => {
    down(right);
    expect(await settledAs(start({ whenDown: { left: 'optional' } }))).toBe('PARTICIPANT_UNAVAILABLE');
    expect(left.calls.at(-1)).toBe('close');
  });

  it('is waited for by those who may queue', async () => {
    down(right);
    const manager = await start({ whenDown: { right: { policy: 'queue', queueMs: 10_000 } } });
    const work = manager.transaction(inBoth);
    await fixture.environment.pass(1_000);
    right.behave();
    expect(right.committed.has(await run(work))).toBe(true);
  });

  it('and hangs holds the start up no longer than one attempt may take, and is never opened twice at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next('open', waitsFor(promise));
    const begun = fixture.environment.now();
    const manager = await start({ whenDown: { right: 'optional' }, timeouts: { attemptMs: 3_000 } });
    expect(fixture.environment.now() - begun).toBe(3_000);
    await fixture.environment.pass(60_000);
    expect(right.calls).toEqual(['open']);
    resolve();
    await fixture.environment.settle();
    expect(manager.health().participants['right']?.state).toBe('up');
  });

  it('is told of the commit that the log has promised it when it joins, and not forgotten before', async () => {
    await logCommit('left', 'right');
    left.prepared.add(OLD);
    right.prepared.add(OLD);
    right.prepared.add(LOST);
    down(right);
    const manager = await start({ whenDown: { right: 'optional' } });
    await fixture.environment.pass(1_000);
    expect([[...left.committed], [...right.committed]]).toEqual([[OLD], []]);
    expect(manager.stats().recovering).toBe(1);
    right.behave();
    await run(manager.recovered);
    expect([...right.committed]).toEqual([OLD]);
    expect([...right.prepared], 'what the log does not say was committed').toEqual([]);
    expect(manager.stats().recovering).toBe(0);
  });

  it('still gets its commit from the next manager where this one closes first', async () => {
    await logCommit('left', 'right');
    right.prepared.add(OLD);
    down(right);
    const manager = await start({ whenDown: { right: 'optional' }, timeouts: { closeMs: 100 } });
    await run(manager.close());
    expect(right.calls).not.toContain('close');
    right.behave();
    await start({ waitForRecovery: true });
    expect([...right.committed]).toEqual([OLD]);
  });

  it('keeps recovery from being called finished, and is named', async () => {
    await logCommit('left');
    down(right);
    const manager = await start({ whenDown: { right: 'optional' }, timeouts: { recoveryMs: 2_000 } });
    await expect(run(manager.recovered)).rejects.toThrow('not finished after 2000 ms (timeouts.recoveryMs), in right');
  });

  it('and holds what a log that is not this one has decided stays down, untouched', async () => {
    right.prepared.add(OLD);
    down(right);
    const manager = await start({ whenDown: { right: 'optional' } });
    right.behave();
    await fixture.environment.pass(6_000);
    expect([...right.prepared]).toEqual([OLD]);
    expect(right.calls.at(-1)).toBe('close');
    expect(manager.health().participants['right']).toMatchObject({
      state: 'down',
      lastError: expect.stringContaining('The decision log in /coordinator is new'),
    });
  });

  it('and comes when the manager has closed is closed again', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next('open', waitsFor(promise));
    const manager = await start({ whenDown: { right: 'optional' }, timeouts: { attemptMs: 500 } });
    await run(manager.close());
    resolve();
    await fixture.environment.settle();
    expect(right.calls).toEqual(['open', 'close']);
  });

  it('with an error that says that it will stay so is tried again nevertheless', async () => {
    right.next('open', () => {
      throw new CrossboundError('BAD_PASSWORD', 'terminal', 'Correct the password.');
    });
    const manager: Crossbound = await start({ whenDown: { right: 'optional' } });
    await fixture.environment.pass(1_000);
    expect(manager.health().participants['right']?.state).toBe('up');
  });
});
