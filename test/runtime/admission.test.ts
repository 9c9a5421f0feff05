/** Method: small bounds, and transactions that end when the test says so. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transaction } from '../../src/runtime/transaction.ts';
import { ManagerFixture, settledAs } from './manager-fixture.ts';
import { waitsFor } from './scripted-participant.ts';

let fixture: ManagerFixture;
beforeEach(() => {
  fixture = new ManagerFixture();
});
afterEach(() => fixture.end());

describe('when as many transactions are under way as may be', () => {
  const full = async (maxQueued = 10) => {
    const manager = await fixture.start({ limits: { maxActive: 2, maxQueued } });
    return { manager, active: [await manager.begin(), await manager.begin()] };
  };

  it('the next ones wait, and are served in the order in which they came', async () => {
    const { manager, active } = await full();
    const order: number[] = [];
    const begun: Transaction[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      begun.push(await manager.begin());
      order.push(number);
    });
    await fixture.environment.settle();
    expect(manager.stats()).toMatchObject({ active: 2, queued: 3 });
    for (const tx of active) await fixture.environment.run(tx.rollback());
    await fixture.environment.settle();
    expect(order).toEqual([1, 2]);
    await fixture.environment.run(begun[0]!.rollback());
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
    for (const tx of begun) await fixture.environment.run(tx.rollback());
    expect(manager.stats()).toMatchObject({ active: 0, queued: 0 });
  });

  it('a place is free when every store has done its part, not before', async () => {
    const { manager, active } = await full();
    const { promise, resolve } = Promise.withResolvers<void>();
    fixture.left.next('commit', waitsFor(promise));
    await active[0]!.enlist(fixture.left);
    await fixture.environment.run(active[0]!.commit());
    const next = manager.begin();
    await fixture.environment.settle();
    expect(manager.stats()).toMatchObject({ active: 2, queued: 1 });
    resolve();
    await fixture.environment.run((await next).rollback());
  });

  it('more than may wait are refused at once', async () => {
    const { manager } = await full(1);
    const waiting = manager.begin();
    const refused = manager.begin();
    await expect(refused).rejects.toMatchObject({
      code: 'OVERLOADED',
      kind: 'retryable',
      message: expect.stringContaining('limits.maxQueued'),
    });
    waiting.catch(() => undefined);
  });

  it('who has waited as long as its transaction may last is refused', async () => {
    const { manager } = await full();
    const begun = fixture.environment.now();
    expect(await settledAs(fixture.environment.run(manager.begin({ timeoutMs: 700 })))).toBe('OVERLOADED');
    expect(fixture.environment.now() - begun).toBe(700);
    expect(manager.stats().queued).toBe(0);
  });

  it('who gives up while waiting is let go, and its place in the queue too', async () => {
    const { manager, active } = await full();
    const control = new AbortController();
    const waiting = manager.begin({ signal: control.signal });
    const next = manager.begin();
    control.abort();
    expect(await settledAs(waiting)).toBe('ABORTED_BY_SIGNAL');
    await fixture.environment.run(active[0]!.rollback());
    await fixture.environment.run((await next).rollback());
  });

  it('who waits when the manager closes is refused', async () => {
    const { manager, active } = await full();
    const waiting = manager.begin();
    const closing = manager.close();
    expect(await settledAs(waiting)).toBe('CLOSED');
    for (const tx of active) await fixture.environment.run(tx.rollback());
    await fixture.environment.run(closing);
  });

  it('who is given a place in the moment of its own abort gives it back', async () => {
    const { manager, active } = await full();
    const control = new AbortController();
    const waiting = manager.begin({ signal: control.signal });
    const rollback = active[0]!.rollback();
    control.abort();
    expect(await settledAs(waiting)).toBe('ABORTED_BY_SIGNAL');
    await fixture.environment.run(rollback);
    expect(manager.stats().active).toBe(1);
  });
});
