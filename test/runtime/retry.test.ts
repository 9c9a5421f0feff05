/** Method: the schedule as a pure function over drawn values; the loop with a clock that the test turns by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/protocol/environment.ts';
import { type RetrySchedule, retry, retryDelayMs } from '../../src/runtime/retry.ts';

const SCHEDULE: RetrySchedule = { firstDelayMs: 10, maxDelayMs: 100, totalMs: 1_000 };

/** Time passes only when nothing else can happen, and then to the next timer. */
function handTurnedClock() {
  const timers = new Set<{ at: number; fire: () => void }>();
  const clock = { nowMs: 0, pending: () => timers.size };
  const environment: Environment = {
    now: () => clock.nowMs,
    setTimer(delayMs, fire) {
      const timer = { at: clock.nowMs + delayMs, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    randomBytes: (length) => new Uint8Array(length).fill(128),
    get files(): never {
      throw new Error('no files here');
    },
  };
  const run = async <Result>(promise: Promise<Result>): Promise<Result> => {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = [...timers].sort((a, b) => a.at - b.at)[0];
      if (isSettled || next === undefined) return promise;
      timers.delete(next);
      clock.nowMs = next.at;
      next.fire();
    }
  };
  return { clock, environment, run };
}

describe('the wait before another attempt', () => {
  it('is between half and all of a doubling ceiling, and never above the bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const delayMs = retryDelayMs(SCHEDULE, failures, random);
        const ceiling = failures > 4 ? 100 : [10, 20, 40, 80][failures - 1]!;
        expect(delayMs).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delayMs).toBeLessThanOrEqual(ceiling);
      }),
    );
  });
});

describe('retry', () => {
  it('ends with the first success', async () => {
    const { clock, environment, run } = handTurnedClock();
    let attempts = 0;
    const result = await run(
      retry(
        environment,
        SCHEDULE,
        async () => {
          attempts += 1;
          if (attempts < 4) throw new Error('not yet');
          return attempts;
        },
        () => true,
      ),
    );
    expect(result).toBe(4);
    expect(clock.nowMs).toBe(7.5 + 15 + 30);
    expect(clock.pending()).toBe(0);
  });

  it('ends at once with what will not pass', async () => {
    const { clock, environment, run } = handTurnedClock();
    await expect(
      run(
        retry(
          environment,
          SCHEDULE,
          () => Promise.reject(new Error('no')),
          () => false,
        ),
      ),
    ).rejects.toThrow('no');
    expect([clock.nowMs, clock.pending()]).toEqual([0, 0]);
  });

  it('ends with the last failure when its time is over, and leaves no timer', async () => {
    const { clock, environment, run } = handTurnedClock();
    let attempts = 0;
    const attempt = () => Promise.reject(new Error(`attempt ${++attempts}`));
    await expect(run(retry(environment, SCHEDULE, attempt, () => true))).rejects.toThrow(/attempt 1[0-9]$/);
    expect([clock.nowMs, clock.pending()]).toEqual([1_000, 0]);
  });

  it('ends with the last failure when the caller gives up', async () => {
    const { environment, run } = handTurnedClock();
    const abort = new AbortController();
    let attempts = 0;
    const attempt = () => {
      attempts += 1;
      if (attempts === 3) environment.setTimer(1, () => abort.abort());
      return Promise.reject(new Error('again'));
    };
    await expect(run(retry(environment, SCHEDULE, attempt, () => true, abort.signal))).rejects.toThrow('again');
    expect(attempts).toBe(3);
  });
});
