/** Method: random exchanges between two owners whose wall clocks jump; the oracle is happens-before itself. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareHybridTimes, HybridTime, MAX_LOGICAL, nextHybridTime } from '../../src/protocol/hybrid-time.ts';

it('is later in every event than in those before it, and never behind the wall clock, however that jumps', () => {
  const step = fc.record({ owner: fc.constantFrom(0, 1), nowMs: fc.nat(50), receives: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const last: (HybridTime | undefined)[] = [undefined, undefined];
      for (const { owner, nowMs, receives } of steps) {
        const [own, other] = [last[owner], last[1 - owner]];
        const time = nextHybridTime(nowMs, own, receives ? other : undefined);
        if (own) expect(compareHybridTimes(time, own)).toBeGreaterThan(0);
        if (receives && other) expect(compareHybridTimes(time, other)).toBeGreaterThan(0);
        expect(time.wallMs).toBeGreaterThanOrEqual(nowMs);
        // It runs ahead of the wall clocks by nothing but what was received from them.
        expect(time.wallMs).toBeLessThanOrEqual(Math.max(nowMs, own?.wallMs ?? 0, other?.wallMs ?? 0));
        last[owner] = HybridTime.parse(time);
      }
    }),
  );
});

it('carries a logical part that is full into the wall-clock part', () => {
  expect(nextHybridTime(3, { wallMs: 5, logical: MAX_LOGICAL })).toEqual({ wallMs: 6, logical: 0 });
});

it('starts at 0 where the wall clock is before 1970, and without fractions', () => {
  expect(nextHybridTime(-5)).toEqual({ wallMs: 0, logical: 0 });
  expect(nextHybridTime(5.7)).toEqual({ wallMs: 5, logical: 0 });
});
