/** Method: calls with one key one after the other, at once, after failures and over restarts, in hand-turned time; `runs` says whose work was done. */
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Crossbound } from '../../src/runtime/crossbound.ts';
import type { WorkOptions } from '../../src/runtime/options.ts';
import type { TransactionScope } from '../../src/runtime/transaction.ts';
import { ManagerFixture, settledAs } from './manager-fixture.ts';
import { refuses } from './scripted-participant.ts';

let fixture: ManagerFixture;
let manager: Crossbound;
let runs: string[];
beforeEach(async () => {
  fixture = new ManagerFixture();
  manager = await fixture.start();
  runs = [];
});
afterEach(() => fixture.end());

const run = <Value>(promise: Promise<Value>) => fixture.environment.run(promise);
/** Work that says that it was done, and takes part in both stores. */
const call = <Value>(who: string, value: Value, options: WorkOptions = {}, act?: (tx: TransactionScope) => Promise<unknown>) =>
  manager.transaction(
    async (tx) => {
      runs.push(who);
      await tx.enlist(fixture.left);
      await tx.enlist(fixture.right);
      await act?.(tx);
      return value;
    },
    { idempotencyKey: 'order-7', ...options },
  );

describe('the same key again', () => {
  it('gets what the first call returned, and its own work is not run', async () => {
    const answer = { order: 7, lines: ['book', null, 1.5, true] };
    expect(await run(call('first', answer))).toBe(answer);
    expect(await run(call('second', 'another'))).toEqual(answer);
    expect(runs).toEqual(['first']);
    expect(fixture.left.committed.size).toBe(1);
  });

  it('gets a value of its own, which it may change', async () => {
    await run(call('first', { list: [1] }));
    const second = await run(call('second', { list: [2] }));
    second.list.push(3);
    expect(await run(call('third', { list: [4] }))).toEqual({ list: [1] });
  });

  it('gets nothing where the first call returned nothing', async () => {
    await run(call('first', undefined));
    expect(await run(call('second', 'something' as unknown))).toBeUndefined();
    expect(runs).toEqual(['first']);
  });

  it('is another key where one character differs', async () => {
    await run(call('first', 1));
    expect(await run(call('second', 2, { idempotencyKey: 'order-8' }))).toBe(2);
    expect(runs).toEqual(['first', 'second']);
  });

  it.each([
    ['after a clean restart', () => run(manager.close())],
    ['after a kill', async () => fixture.kill()],
  ])('%s gets it from the decision log', async (_when, stop) => {
    await run(call('first', { order: 7 }));
    await stop();
    manager = await fixture.start();
    expect(await run(call('second', { order: 8 }))).toEqual({ order: 7 });
    expect(runs).toEqual(['first']);
  });

  it('after a kill between the decision and its flush runs the work again, since nothing was committed', async () => {
    fixture.environment.files.holdSyncs();
    call('first', 1).catch(() => undefined);
    await fixture.environment.settle();
    fixture.kill();
    manager = await fixture.start({ waitForRecovery: true });
    expect(await run(call('second', 2))).toBe(2);
    expect(runs).toEqual(['first', 'second']);
    expect(fixture.left.committed.size).toBe(1);
  });
});

describe('a key whose work was rolled back', () => {
  it.each([
    ['by its client', () => call('first', 1, {}, () => Promise.reject(new Error('mine')))],
    [
      'by a store',
      () => {
        fixture.right.next('prepare', (work, tx) => {
          fixture.right.working.delete(tx);
          return refuses()(work, tx);
        });
        return call('first', 1);
      },
    ],
  ])('%s is free again', async (_how, first) => {
    await settledAs(run(first()));
    expect(await run(call('second', 2))).toBe(2);
    expect(runs).toEqual(['first', 'second']);
  });
});

describe('a call while another one with its key is under way', () => {
  let finish: () => void;
  let first: Promise<number>;
  beforeEach(async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    finish = resolve;
    first = call('first', 1, {}, () => promise);
    await fixture.environment.settle();
  });
  afterEach(async () => {
    finish();
    await run(first).catch(() => undefined);
  });

  it('waits for it and gets its value', async () => {
    const others = [call('second', 2), call('third', 3)];
    await fixture.environment.settle();
    finish();
    expect(await run(Promise.all([first, ...others]))).toEqual([1, 1, 1]);
    expect(runs).toEqual(['first']);
  });

  it('does its own work when that one is rolled back, one after the other', async () => {
    const others = [call('second', 2), call('third', 3)];
    await fixture.environment.settle();
    fixture.right.next('prepare', (work, tx) => {
      fixture.right.working.delete(tx);
      return refuses()(work, tx);
    });
    finish();
    expect(await settledAs(run(first))).toBe('PREPARE_REFUSED');
    expect(await run(Promise.all(others))).toEqual([2, 2]);
    expect(runs).toEqual(['first', 'second']);
  });

  it('waits no longer than its own time-out', async () => {
    const begun = fixture.environment.now();
    expect(await settledAs(run(call('second', 2, { timeoutMs: 500 })))).toBe('IDEMPOTENCY_KEY_BUSY');
    expect(fixture.environment.now() - begun).toBe(500);
    expect(runs).toEqual(['first']);
  });

  it('waits no longer than its signal lets it', async () => {
    const control = new AbortController();
    const second = call('second', 2, { signal: control.signal });
    await fixture.environment.settle();
    control.abort();
    expect(await settledAs(second)).toBe('ABORTED_BY_SIGNAL');
    expect(getEventListeners(control.signal, 'abort')).toEqual([]);
  });

  it('is refused where limits.maxQueued wait already', async () => {
    finish();
    await run(first);
    await run(manager.close());
    manager = await fixture.start({ limits: { maxQueued: 1 } });
    const { promise, resolve } = Promise.withResolvers<void>();
    const options = { idempotencyKey: 'order-9' };
    const others = [call('first', 1, options, () => promise), call('second', 2, options)];
    await fixture.environment.settle();
    expect(await settledAs(call('third', 3, options))).toBe('OVERLOADED');
    resolve();
    expect(await run(Promise.all(others))).toEqual([1, 1]);
  });

  it('that closes with the manager gets the value, or is told that it is closed', async () => {
    const second = call('second', 2);
    await fixture.environment.settle();
    const closing = manager.close();
    expect(await settledAs(call('third', 3))).toBe('CLOSED');
    finish();
    expect(await run(second)).toBe(1);
    await run(closing);
  });
});

describe('a key in doubt', () => {
  it('is told as such to everyone, and never run again, until the outcome is known', async () => {
    await run(manager.close());
    manager = await fixture.start({ timeouts: { decisionMs: 100, prepareMs: 100 } });
    const release = fixture.environment.files.holdSyncs();
    const first = await run(call('first', 1)).catch((error: unknown) => error);
    const second = await run(call('second', 2)).catch((error: unknown) => error);
    const transaction = [...fixture.left.prepared][0];
    expect([first, second]).toMatchObject([
      { code: 'IN_DOUBT', transaction },
      { code: 'IN_DOUBT', transaction },
    ]);
    release();
    await fixture.environment.settle();
    expect(await run(call('third', 3))).toBe(1);
    expect(runs).toEqual(['first']);
  });

  it('is settled by the log of the next start where this one has failed', async () => {
    fixture.environment.files.failNext('sync', 'EIO');
    expect(await settledAs(run(call('first', 1)))).toBe('IN_DOUBT');
    expect(await settledAs(run(call('second', 2)))).not.toBe(2);
    fixture.kill();
    manager = await fixture.start({ waitForRecovery: true });
    const isCommitted = fixture.left.committed.size === 1;
    expect(await run(call('third', 3))).toBe(isCommitted ? 1 : 3);
    expect(fixture.left.committed.size).toBe(1);
  });
});

describe('what cannot be kept under a key', () => {
  class Order {
    readonly number = 7;
  }
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  it.each([
    ['a date', { at: new Date(0) }],
    ['a map', new Map([['a', 1]])],
    ['an object of a class', new Order()],
    ['a big integer', 1n],
    ['what is not a number', { ratio: Number.NaN }],
    ['a function', () => 1],
    ['an undefined property', { a: undefined }],
    ['a cycle', cyclic],
  ])('as %s is refused before the decision', async (_what, value) => {
    const error: unknown = await run(call('first', value as unknown)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RESULT_NOT_STORABLE', kind: 'terminal' });
    expect(fixture.calls).not.toContain('left prepare');
    expect(manager.stats()).toMatchObject({ committed: 0, rollbacks: { application: 1 } });
    expect(await run(call('second', 2))).toBe(2);
  });

  it('for its length is refused with the bound, to the byte', async () => {
    await run(manager.close());
    manager = await fixture.start({ limits: { idempotentResultBytes: 10 } });
    expect(await run(call('first', 'é'.repeat(4)))).toBe('éééé');
    const error = await run(call('second', `${'é'.repeat(4)}e`, { idempotencyKey: 'b' })).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('it has 11 bytes as JSON, and may have 10 (limits.idempotentResultBytes)');
  });

  it('because no participant was enlisted is refused', async () => {
    const work = manager.transaction(() => 1, { idempotencyKey: 'k' });
    expect(await settledAs(run(work))).toBe('NOTHING_ENLISTED');
  });
});

describe('past limits.idempotencyKeys', () => {
  it.each([false, true])('the oldest commit is forgotten, and its key runs the work again (after a restart: %s)', async (isRestarted) => {
    const limits = { idempotencyKeys: 2 };
    await run(manager.close());
    manager = await fixture.start({ limits });
    for (const key of ['a', 'b', 'c']) await run(call(`first ${key}`, key, { idempotencyKey: key }));
    if (isRestarted) {
      fixture.kill();
      manager = await fixture.start({ limits });
    }
    expect(await run(call('again c', 'x', { idempotencyKey: 'c' }))).toBe('c');
    expect(await run(call('again b', 'x', { idempotencyKey: 'b' }))).toBe('b');
    expect(await run(call('again a', 'x', { idempotencyKey: 'a' }))).toBe('x');
    expect(runs).toEqual(['first a', 'first b', 'first c', 'again a']);
  });
});
