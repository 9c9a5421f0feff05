/** Method: plans for all kinds of numbers and seeds, looked at whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planKills } from '../../../src/cli/run/kill-plan.ts';
import { effectPoints } from '../../../src/runtime/effect-points.ts';

const pointsOf = (...plan: Parameters<typeof planKills>) => planKills(...plan).map(({ target }) => target.point);

describe('a plan of kills', () => {
  it('has every point before and after every effect once, for "all"', () => {
    expect(pointsOf('all', 2_400, 1).sort()).toEqual([...effectPoints].sort());
    expect(effectPoints).toHaveLength(36);
  });

  it('has as many points as asked for, each of them once before any twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 }), fc.nat(), (kills, seed) => {
        const points = pointsOf(kills, 1_000, seed);
        expect(points).toHaveLength(kills);
        const counts = effectPoints.map((point) => points.filter((planned) => planned === point).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('kills less in a short workload, where that is left to it', () => {
    expect([5, 40, 359, 360, 2_400].map((transfers) => planKills('auto', transfers, 1).length)).toEqual([0, 4, 35, 36, 36]);
  });

  it('is the same for the same seed, and another one for another', () => {
    expect(planKills('all', 2_400, 7)).toEqual(planKills('all', 2_400, 7));
    expect(pointsOf('all', 2_400, 7)).not.toEqual(pointsOf('all', 2_400, 8));
  });

  it('leaves work for the last incarnation, whatever the numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 100 }), fc.nat(), (transfers, kills, seed) => {
        const used = planKills(kills, transfers, seed).reduce((sum, { target }) => sum + target.afterTransfers, 0);
        expect(used).toBeLessThan(transfers);
      }),
    );
  });

  it('puts what only recovery does right behind a kill that makes recovery do it, and knows a way there otherwise', () => {
    const plan = planKills('all', 2_400, 3);
    const points = plan.map(({ target }) => target.point);
    const causes = { replyAbort: 'before appendCommit', replyCommit: 'before sendCommitToAll', resendCommit: 'after appendCommitted' };
    for (const [effect, cause] of Object.entries(causes)) {
      const at = points.indexOf(cause);
      expect(new Set(points.slice(at + 1, at + 3))).toEqual(new Set([`before ${effect}`, `after ${effect}`]));
      for (const { target, afterRecovery } of plan.slice(at + 1, at + 3)) {
        expect(target.afterTransfers).toBe(0);
        expect(afterRecovery?.point).toBe(cause);
      }
    }
  });
});
