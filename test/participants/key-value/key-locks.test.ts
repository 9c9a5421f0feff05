/** Method: timers that the test fires; the numbers are the invariants in key-locks.ts, and a random run checks 1 to 3 against a count of its own. */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyLocks, type LockMode, LockRefusedError, MAX_WAITERS_PER_KEY } from '../../../src/participants/key-value/key-locks.ts';

const NEVER = new AbortController().signal;

/** Locks whose time-outs happen when the test says so. */
function manualLocks() {
  const timers: { at: number; fire: () => void }[] = [];
  const locks = new KeyLocks({
    setTimer: (delayMs, fire) => {
      const timer = { at: delayMs, fire };
      timers.push(timer);
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
      };
    },
  });
  const events: string[] = [];
  const ask = (owner: string, key: string, mode: LockMode, timeoutMs = 50, signal = NEVER) =>
    locks.acquire(owner, key, mode, { timeoutMs, signal }).then(
      () => events.push(`${owner} has ${key}`),
      (error: LockRefusedError) => events.push(`${owner} ${error.code}`),
    );
  return { locks, timers, events, ask };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('locks on a key', () => {
  it('shared ones are held together, an exclusive one alone (1)', async () => {
    const { locks, events, ask } = manualLocks();
    await Promise.all([ask('a', 'k', 'shared'), ask('b', 'k', 'shared')]);
    const waiting = ask('c', 'k', 'exclusive');
    await settle();
    expect(events).toEqual(['a has k', 'b has k']);
    locks.release('a');
    await settle();
    expect(events).toHaveLength(2);
    locks.release('b');
    await waiting;
    expect(events.at(-1)).toBe('c has k');
  });

  it('are given again to who has them, also in a weaker mode', async () => {
    const { events, ask } = manualLocks();
    await ask('a', 'k', 'exclusive');
    await Promise.all([ask('a', 'k', 'shared'), ask('a', 'k', 'exclusive')]);
    expect(events).toHaveLength(3);
  });

  it('serve waiters in order: a reader does not overtake a writer that came before (2)', async () => {
    const { locks, events, ask } = manualLocks();
    await ask('a', 'k', 'shared');
    const all = [ask('writer', 'k', 'exclusive'), ask('reader1', 'k', 'shared'), ask('reader2', 'k', 'shared')];
    await settle();
    expect(events).toEqual(['a has k']);
    locks.release('a');
    await settle();
    expect(events).toEqual(['a has k', 'writer has k']);
    locks.release('writer');
    await Promise.all(all);
    expect(events.slice(2)).toEqual(['reader1 has k', 'reader2 has k']);
  });

  it('on different keys know nothing of each other', async () => {
    const { events, ask } = manualLocks();
    await Promise.all([ask('a', 'k', 'exclusive'), ask('b', 'l', 'exclusive')]);
    expect(events).toEqual(['a has k', 'b has l']);
  });

  it('leave nothing behind when all are released', async () => {
    const { locks, ask } = manualLocks();
    await Promise.all([ask('a', 'k', 'exclusive'), ask('a', 'l', 'shared'), ask('b', 'l', 'shared')]);
    const waiting = ask('b', 'k', 'shared');
    locks.release('a');
    await waiting;
    locks.release('b');
    expect(locks.size).toBe(0);
  });
});

describe('an upgrade', () => {
  it('of the only reader is given at once, before those who wait (2)', async () => {
    const { events, ask } = manualLocks();
    await ask('a', 'k', 'shared');
    void ask('b', 'k', 'exclusive');
    await ask('a', 'k', 'exclusive');
    expect(events).toEqual(['a has k', 'a has k']);
  });

  it('waits for the other readers and comes before the queue (2)', async () => {
    const { locks, events, ask } = manualLocks();
    await Promise.all([ask('a', 'k', 'shared'), ask('b', 'k', 'shared')]);
    void ask('c', 'k', 'exclusive');
    const upgrade = ask('a', 'k', 'exclusive');
    locks.release('b');
    await upgrade;
    expect(events.at(-1)).toBe('a has k');
    locks.release('a');
    await settle();
    expect(events.at(-1)).toBe('c has k');
  });

  it('beside another upgrade of the same key is refused at once: neither could ever be given (3)', async () => {
    const { locks, events, ask } = manualLocks();
    await Promise.all([ask('a', 'k', 'shared'), ask('b', 'k', 'shared')]);
    const first = ask('a', 'k', 'exclusive');
    await ask('b', 'k', 'exclusive');
    expect(events.at(-1)).toBe('b LOCK_CONFLICT');
    locks.release('b');
    await first;
    expect(events.at(-1)).toBe('a has k');
  });
});

describe('an owner that waits for a key in both modes', () => {
  it('ends with the stronger one', async () => {
    const { locks, events, ask } = manualLocks();
    await ask('holder', 'k', 'exclusive');
    const both = [ask('a', 'k', 'exclusive'), ask('a', 'k', 'shared')];
    locks.release('holder');
    await Promise.all(both);
    const reader = ask('b', 'k', 'shared');
    await settle();
    expect(events).toHaveLength(3);
    locks.release('a');
    await reader;
  });
});

describe('an upgrade that its owner asks for twice at once', () => {
  it('is given to both calls', async () => {
    const { locks, events, ask } = manualLocks();
    await Promise.all([ask('a', 'k', 'shared'), ask('b', 'k', 'shared')]);
    const both = [ask('a', 'k', 'exclusive'), ask('a', 'k', 'exclusive')];
    locks.release('b');
    await Promise.all(both);
    expect(events.slice(2)).toEqual(['a has k', 'a has k']);
  });
});

describe('a wait', () => {
  it('leaves no listener on the signal when it is over', async () => {
    const { locks, ask } = manualLocks();
    const { signal } = new AbortController();
    await ask('holder', 'k', 'exclusive');
    const waiting = ask('a', 'k', 'shared', 50, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    locks.release('holder');
    await waiting;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends with the time-out asked for, names the holder, and lets those behind it go on (3)', async () => {
    const { timers, locks, events, ask } = manualLocks();
    await ask('holder', 'k', 'shared');
    const refused = locks.acquire('late', 'k', 'exclusive', { timeoutMs: 70, signal: NEVER }).catch((error: unknown) => error);
    const behind = ask('reader', 'k', 'shared', 80);
    await settle();
    expect(timers.map(({ at }) => at)).toEqual([70, 80]);
    timers[0]?.fire();
    const error = await refused;
    expect(error).toBeInstanceOf(LockRefusedError);
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', kind: 'retryable', message: expect.stringMatching(/"k".*70 ms.*holder/) });
    await behind;
    expect(events.at(-1)).toBe('reader has k');
    expect(timers).toEqual([]);
  });

  it('ends when its signal aborts, and does not begin when it has (3)', async () => {
    const { timers, events, ask } = manualLocks();
    const stop = new AbortController();
    await ask('holder', 'k', 'exclusive');
    const waiting = ask('a', 'k', 'shared', 50, stop.signal);
    stop.abort();
    await waiting;
    await ask('b', 'k', 'shared', 50, stop.signal);
    expect(events.slice(1)).toEqual(['a BRANCH_ENDED', 'b BRANCH_ENDED']);
    expect(timers).toEqual([]);
  });

  it('ends with its owner, who gets nothing afterwards (3)', async () => {
    const { locks, events, ask } = manualLocks();
    await ask('holder', 'k', 'exclusive');
    const waits = [ask('a', 'k', 'shared'), ask('a', 'k', 'exclusive')];
    locks.release('a');
    await Promise.all(waits);
    locks.release('holder');
    expect(events.slice(1)).toEqual(['a BRANCH_ENDED', 'a BRANCH_ENDED']);
    expect(locks.size).toBe(0);
  });

  it('is refused when too many wait for the key already', async () => {
    const { locks, events, ask } = manualLocks();
    await ask('holder', 'k', 'exclusive');
    for (let index = 0; index < MAX_WAITERS_PER_KEY; index += 1) void ask(`w${index}`, 'k', 'shared');
    await ask('one too many', 'k', 'shared');
    expect(events.at(-1)).toBe('one too many LOCK_QUEUE_FULL');
    locks.release('holder');
    await settle();
    expect(events).toHaveLength(MAX_WAITERS_PER_KEY + 2);
  });
});

describe('recovery', () => {
  it('takes the locks of a prepared branch again, and refuses two branches on one key', async () => {
    const { locks, events, ask } = manualLocks();
    locks.retake('t1', 'k');
    expect(() => locks.retake('t2', 'k')).toThrow(/two prepared branches.*"k"/);
    const waiting = ask('a', 'k', 'shared');
    await settle();
    expect(events).toEqual([]);
    locks.release('t1');
    await waiting;
  });
});

describe('any run', () => {
  const owner = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('ask'), owner, fc.constantFrom('k', 'l'), fc.constantFrom('shared', 'exclusive')) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('release'), owner, fc.constant(''), fc.constant('')) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('time out'), owner, fc.constant(''), fc.constant('')) },
  );

  it('never has two holders of which one is exclusive, ends every wait, and leaves nothing behind (1, 3)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { locks, timers } = manualLocks();
        const holds = new Map<string, string>();
        let waiting = 0;
        for (const [what, who, key, mode] of steps) {
          if (what === 'ask') {
            waiting += 1;
            const place = `${key}/${who}`;
            void locks.acquire(who, key, mode as LockMode, { timeoutMs: 1, signal: NEVER }).then(
              () => {
                waiting -= 1;
                if (holds.get(place) !== 'exclusive') holds.set(place, mode);
              },
              () => {
                waiting -= 1;
              },
            );
          } else if (what === 'release') {
            for (const place of [...holds.keys()]) if (place.endsWith(`/${who}`)) holds.delete(place);
            locks.release(who);
          } else {
            timers[0]?.fire();
          }
          await settle();
          for (const [place, held] of holds) {
            const [of] = place.split('/');
            const others = [...holds.keys()].filter((other) => other !== place && other.startsWith(`${of}/`));
            if (held === 'exclusive') expect(others).toEqual([]);
          }
          expect(timers).toHaveLength(waiting);
        }
        for (const who of ['a', 'b', 'c', 'd']) locks.release(who);
        await settle();
        expect([waiting, timers.length, locks.size]).toEqual([0, 0, 0]);
      }),
    );
  });
});
