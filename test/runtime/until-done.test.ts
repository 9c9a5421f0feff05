/** Method: hand-turned time, and attempts that fail, hang and come late. */
import { expect, it } from 'vitest';
import { parseConfiguration } from '../../src/runtime/configuration.ts';
import { Surroundings } from '../../src/runtime/surroundings.ts';
import { untilDone } from '../../src/runtime/until-done.ts';
import { HandTurnedEnvironment } from './hand-turned-environment.ts';
import { hangs } from './scripted-participant.ts';

function setUp() {
  const environment = new HandTurnedEnvironment();
  const options = { name: 'test', directory: '/nowhere', participants: [], timeouts: { attemptMs: 1_000 } };
  const surroundings = new Surroundings(environment, parseConfiguration(options));
  let listeners = 0;
  const onStop = surroundings.onStop.bind(surroundings);
  surroundings.onStop = (tell) => {
    const release = onStop(tell);
    listeners += 1;
    return () => {
      listeners -= 1;
      release();
    };
  };
  return { environment, surroundings, listeners: () => listeners };
}

it('what succeeds in the end leaves no timer and no listener', async () => {
  const { environment, surroundings, listeners } = setUp();
  let attempts = 0;
  const done = untilDone(surroundings, 'work', async () => {
    attempts += 1;
    if (attempts < 3) throw new Error('not yet');
    return attempts;
  });
  expect(listeners()).toBe(1);
  expect(await environment.run(done)).toBe(3);
  expect([listeners(), environment.pendingTimers]).toEqual([0, 0]);
});

it.each([
  ['while the next one waits', 1_005],
  ['while the next one is under way', 1_500],
  ['while as many hang as may', 20_000],
])('an attempt that comes late, %s, counts', async (_when, afterMs) => {
  const { environment, surroundings } = setUp();
  const { promise, resolve } = Promise.withResolvers<string>();
  let attempts = 0;
  const done = untilDone(surroundings, 'work', () => {
    attempts += 1;
    return attempts === 1 ? promise : hangs().then(() => 'never');
  });
  await environment.pass(afterMs);
  const before = attempts;
  resolve('late');
  expect(await environment.run(done)).toBe('late');
  expect(attempts).toBe(before);
});

it('when the manager stops, it ends at once with the last error', async () => {
  const { environment, surroundings, listeners } = setUp();
  const failing = untilDone(surroundings, 'work', () => Promise.reject(new Error('down')));
  const hanging = untilDone(surroundings, 'work', hangs);
  await environment.pass(500);
  surroundings.stop();
  await expect(failing).rejects.toThrow('down');
  await expect(hanging).rejects.toThrow('aborted');
  expect([listeners(), environment.pendingTimers]).toEqual([0, 0]);
});

it('after the manager has stopped, nothing is attempted', async () => {
  const { surroundings } = setUp();
  surroundings.stop();
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
  };
  await expect(untilDone(surroundings, 'work', attempt)).rejects.toThrow('aborted');
  expect(attempts).toBe(0);
});
