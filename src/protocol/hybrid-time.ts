import { z } from 'zod';

/** A logical part past this is carried into the wall-clock part: it is 32 bits wide in an encoded event. */
export const MAX_LOGICAL = 2 ** 32 - 1;

/**
 * A time of a hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): close to the wall clock, and later in
 * every event than in those that happened before it. The reverse does not hold: a later time is no proof of a cause.
 */
export const HybridTime = z.strictObject({
  /** The latest wall-clock time that its owner knew of, its own or received, in milliseconds since the Unix epoch. */
  wallMs: z.int().min(0),
  /** Counts the events within one `wallMs`. */
  logical: z.int().min(0).max(MAX_LOGICAL),
});
export type HybridTime = z.infer<typeof HybridTime>;

/** Negative where `a` is earlier than `b`, positive where it is later, 0 where they are the same. */
export function compareHybridTimes(a: HybridTime, b: HybridTime): number {
  return a.wallMs - b.wallMs || a.logical - b.logical;
}

/**
 * The time of the next event of an owner: later than its `last`, than the `received` time that the event answers to, and not
 * earlier than the wall clock. A wall clock that was set back makes times stand still and count, never go back.
 *
 * @param nowMs - the owner's wall clock, in milliseconds since the Unix epoch; fractions are cut off.
 */
export function nextHybridTime(nowMs: number, last?: HybridTime, received?: HybridTime): HybridTime {
  const wallMs = Math.max(0, Math.floor(nowMs));
  const latest = last && received ? (compareHybridTimes(last, received) < 0 ? received : last) : (last ?? received);
  if (latest === undefined || latest.wallMs < wallMs) return { wallMs, logical: 0 };
  if (latest.logical === MAX_LOGICAL) return { wallMs: latest.wallMs + 1, logical: 0 };
  return { wallMs: latest.wallMs, logical: latest.logical + 1 };
}
