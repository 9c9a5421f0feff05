import { z } from 'zod';
import { OriginName } from './identifiers.ts';

/** Origins, each with its incarnations, that one clock can name. What is known of more has to be merged or dropped first. */
export const MAX_CLOCK_ENTRIES = 128;

/** Events of one incarnation of one origin that happened before, or are, the event that carries the clock. */
export const ClockEntry = z.strictObject({
  origin: OriginName,
  incarnation: z.int().min(0),
  counter: z.int().min(0),
});
/** One entry of a {@link VectorClock}. */
export type ClockEntry = z.infer<typeof ClockEntry>;

/**
 * A vector clock (Fidge 1988, Mattern 1989) over incarnations: an origin that restarts without its memory counts in a new entry.
 * An origin that is not named counts 0. Sorted, each entry once, so that equal clocks have equal bytes.
 */
export const VectorClock = z
  .array(ClockEntry)
  .max(MAX_CLOCK_ENTRIES)
  .refine(isSorted, 'must be sorted by origin and incarnation, each once')
  .readonly();
export type VectorClock = z.infer<typeof VectorClock>;

/** Negative where `a` stands before `b` in a clock, 0 where both are the same incarnation of the same origin. */
export function compareClockEntries(a: ClockEntry, b: ClockEntry): number {
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  return a.incarnation - b.incarnation;
}

function isSorted(entries: readonly ClockEntry[]): boolean {
  let previous: ClockEntry | undefined;
  for (const entry of entries) {
    if (previous !== undefined && compareClockEntries(previous, entry) >= 0) return false;
    previous = entry;
  }
  return true;
}
