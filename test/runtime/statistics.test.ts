/** Method: each way in which a transaction can end, and what is counted of it; stores that take as long as the test says, in hand-turned time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileDecisionLog } from '../../src/log/file-decision-log.ts';
import type { Crossbound } from '../../src/runtime/crossbound.ts';
import { DurationHistogram } from '../../src/runtime/node-histogram.ts';
import type { TransactionScope } from '../../src/runtime/transaction.ts';
import { DIRECTORY, ManagerFixture, settledAs } from './manager-fixture.ts';
import { fails, hangs, refuses } from './scripted-participant.ts';

const NONE = { timeout: 0, resource: 0, application: 0, system: 0 };

let fixture: ManagerFixture;
beforeEach(() => {
  fixture = new ManagerFixture();
});
afterEach(() => fixture.end());

const inBoth = async (tx: TransactionScope) => {
  await tx.enlist(fixture.left);
  await tx.enlist(fixture.right);
};
const takes = (durationMs: number) => async (work: () => void) => {
  await new Promise<void>((resolve) => fixture.environment.setTimer(durationMs, resolve));
  work();
};

describe('a roll-back is counted by its cause', () => {
  type Act = (manager: Crossbound) => Promise<unknown>;
  const cases: readonly [string, keyof typeof NONE, Act][] = [
    ['work that takes too long', 'timeout', (manager) => manager.transaction(() => hangs())],
    [
      'a vote that takes too long',
      'timeout',
      (manager) => {
        fixture.right.next('prepare', takes(20_000));
        return manager.transaction(inBoth);
      },
    ],
    [
      'a store that fails',
      'resource',
      (manager) => {
        fixture.right.next('enlist', fails());
        return manager.transaction(inBoth);
      },
    ],
    [
      'a store that refuses',
      'resource',
      (manager) => {
        fixture.right.next('prepare', (work, tx) => {
          fixture.right.working.delete(tx);
          return refuses()(work, tx);
        });
        return manager.transaction(inBoth);
      },
    ],
    ['work that throws', 'application', (manager) => manager.transaction(() => Promise.reject(new Error('mine')))],
    ['a client that rolls back', 'application', async (manager) => (await manager.begin()).rollback()],
    [
      'a signal',
      'application',
      (manager) => {
        const control = new AbortController();
        return manager.transaction(() => control.abort(), { signal: control.signal });
      },
    ],
    [
      'a manager that closes',
      'system',
      async (manager) => {
        const tx = await manager.begin();
        await tx.enlist(fixture.left);
        await manager.close();
      },
    ],
  ];
  it.each(cases)('%s: %s', async (_what, cause, act) => {
    const manager = await fixture.start();
    await settledAs(fixture.environment.run(act(manager)));
    expect(manager.stats()).toMatchObject({ committed: 0, aborted: 1, rollbacks: { ...NONE, [cause]: 1 } });
  });

  it('a decision log that is full: system', async () => {
    const log = new FileDecisionLog(fixture.environment, { directory: DIRECTORY, maxLogBytes: 1 });
    const manager = await fixture.start({ log });
    expect(await settledAs(fixture.environment.run(manager.transaction(inBoth)))).toBe('LOG_FULL');
    expect(manager.stats()).toMatchObject({ committed: 0, aborted: 1, rollbacks: { ...NONE, system: 1 } });
  });
});

it('a transaction whose client is in doubt is counted until its outcome is known', async () => {
  const manager = await fixture.start({ timeouts: { decisionMs: 100, prepareMs: 100 } });
  const tx = await manager.begin();
  await inBoth(tx);
  const release = fixture.environment.files.holdSyncs();
  expect(await settledAs(fixture.environment.run(tx.commit()))).toBe('IN_DOUBT');
  expect(manager.stats()).toMatchObject({ inDoubt: 1, committed: 0, active: 1 });
  release();
  await fixture.environment.run(tx.finished);
  expect(manager.stats()).toMatchObject({ inDoubt: 0, committed: 1, active: 0 });
});

describe('the latencies', () => {
  it('of a commit are told phase by phase, each as long as its slowest store', async () => {
    fixture.left.always('prepare', takes(30)).always('commit', takes(200));
    fixture.right.always('prepare', takes(100)).always('commit', takes(50));
    const manager = await fixture.start();
    await fixture.environment.run(manager.transaction(inBoth));
    const of = (durationMs: number) => ({ count: 1, p50: durationMs, p90: durationMs, p99: durationMs, max: durationMs });
    const { prepare, completion, commit, decision } = manager.stats().latencyMs;
    expect([prepare.max, completion.max, commit.max]).toEqual([of(100), of(200), of(300)].map(({ max }) => expect.closeTo(max, -1)));
    expect(decision).toMatchObject({ count: 1, max: expect.closeTo(0, 0) });
  });

  it('of what was rolled back are not counted', async () => {
    fixture.right.next('prepare', takes(20_000));
    const manager = await fixture.start();
    await settledAs(fixture.environment.run(manager.transaction(inBoth)));
    expect(manager.stats().latencyMs.commit.count).toBe(0);
  });

  it('are zero where nothing was measured, and go through JSON', async () => {
    const stats = (await fixture.start()).stats();
    expect(stats.latencyMs.commit).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 });
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
  });
});

describe('a histogram of durations', () => {
  it('has percentiles within one per cent of those of the sorted values', () => {
    const histogram = new DurationHistogram();
    const values = Array.from({ length: 10_000 }, (_, index) => ((index * 7_919) % 10_000) / 10 + 0.1);
    for (const value of values) histogram.record(value);
    const sorted = values.toSorted((a, b) => a - b);
    const { p50, p90, p99, max, count } = histogram.percentiles();
    for (const [told, at] of [
      [p50, 0.5],
      [p90, 0.9],
      [p99, 0.99],
      [max, 1],
    ] as const) {
      const exact = sorted[Math.ceil(at * sorted.length) - 1]!;
      expect(Math.abs(told / exact - 1)).toBeLessThan(0.01);
    }
    expect(count).toBe(10_000);
  });

  it('takes what is too short or too long as its bounds', () => {
    const histogram = new DurationHistogram();
    for (const value of [-1, 0, 10 ** 9]) histogram.record(value);
    expect(histogram.percentiles()).toMatchObject({ count: 3, p50: 0.001, max: expect.closeTo(3_600_000, -5) });
  });
});
