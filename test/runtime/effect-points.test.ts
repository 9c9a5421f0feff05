/**
 * Method: one run that has everything: commits, refusals, lost answers, roll-backs, crashes at both sides. Each point of the list
 * must be passed, so that a crash test that goes through the list leaves out nothing; and a kill at each of them, in the
 * same run, must leave all or nothing.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EffectPoint, effectPoints } from '../../src/runtime/effect-points.ts';
import { coordinatorEffects, participantEffects } from '../../src/statecharts/index.ts';
import { ManagerFixture } from './manager-fixture.ts';
import { fails, hangs, losesAnswer, refuses } from './scripted-participant.ts';

let fixture: ManagerFixture;
beforeEach(() => {
  fixture = new ManagerFixture();
});
afterEach(() => fixture.end());

const OPTIONS = { timeouts: { transactionMs: 1_000, settleMs: 200 } };

/** Everything that can happen to a transaction, one after the other; `step` is called between. */
async function everything(onEffect: (point: EffectPoint) => void): Promise<void> {
  const { left, right } = fixture;
  const inBoth = async () => {
    const tx = await manager.begin();
    await tx.enlist(left);
    await tx.enlist(right);
    return tx;
  };
  const options = { ...OPTIONS, onEffect };
  let manager = await fixture.start(options);
  const run = async (act: () => Promise<unknown>) => {
    await fixture.environment.run(act()).catch(() => undefined);
    await fixture.environment.pass(5_000);
  };
  await run(async () => (await inBoth()).commit());
  await run(async () => (await inBoth()).rollback());
  right.next('prepare', refuses());
  await run(async () => (await inBoth()).commit());
  right.working.clear();
  right.next('prepare', fails());
  await run(async () => (await inBoth()).commit());
  right.next('prepare', losesAnswer);
  await run(async () => (await inBoth()).commit());
  right.next('enlist', fails());
  await run(inBoth);
  right.next('commit', hangs);
  const last = await inBoth();
  await fixture.environment.run(last.commit());
  manager.outcome(last.id);
  await fixture.environment.settle();
  fixture.kill();
  manager = await fixture.start(options);
  await run(() => manager.recovered);
  const orphan = await inBoth();
  right.next('prepare', hangs);
  orphan.commit().catch(() => undefined);
  await fixture.environment.settle();
  fixture.kill();
  manager = await fixture.start(options);
  await run(() => manager.recovered);
}

describe('the points at which a run can be interrupted', () => {
  it('are one before and one after each action that the statecharts leave to the runtime, those of options that it does not use left out', () => {
    const actions = [...Object.keys(coordinatorEffects), ...Object.keys(participantEffects)];
    const listed = new Set(effectPoints.map((point) => point.replace(/^(before|after) /, '')));
    expect([...listed].filter((action) => !actions.includes(action))).toEqual([]);
    expect(new Set(effectPoints)).toEqual(new Set([...listed].flatMap((action) => [`before ${action}`, `after ${action}`])));
    expect(effectPoints).toHaveLength(36);
  });

  it('are all passed by a run that has everything, and it passes no other', async () => {
    const passed = new Set<string>();
    await everything(({ phase, effect }) => passed.add(`${phase} ${effect}`));
    expect([...passed].sort()).toEqual([...effectPoints].sort());
  });

  it('name the branch where the effect is a branch its own', async () => {
    const points: EffectPoint[] = [];
    await everything((point) => points.push(point));
    for (const { effect, participant } of points) expect(participant !== undefined).toBe(effect in participantEffects);
  });
});

describe('an observer that fails', () => {
  it('is an uncaught exception, and does not change the run', async () => {
    const { left } = fixture;
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    try {
      const manager = await fixture.start({
        onEffect: ({ effect }) => {
          if (effect === 'appendCommit') throw new Error('mistake in the observer');
        },
      });
      await fixture.environment.run(manager.transaction((tx) => tx.enlist(left)));
      await fixture.environment.settle();
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    expect(left.committed.size).toBe(1);
    expect(uncaught).toEqual([new Error('mistake in the observer'), new Error('mistake in the observer')]);
  });
});
