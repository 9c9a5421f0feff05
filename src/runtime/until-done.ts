import { CrossboundError } from '../protocol/errors.ts';
import { ignore, withDeadline } from './deadline.ts';
import { type RetrySchedule, retry } from './retry.ts';
import type { Surroundings } from './surroundings.ts';

/** No end but that of the manager: what a decision asks for must happen. At most 2 attempts in 2 seconds once it is slow. */
const SCHEDULE: RetrySchedule = { firstDelayMs: 20, maxDelayMs: 2_000, totalMs: 2 ** 31 - 1 };

/** Attempts that got no answer in time, and may still be under way; more are not started before one of them ends. */
const MAX_HANGING_ATTEMPTS = 3;

/**
 * Repeats `attempt`, each time with a deadline and after a growing wait, until it succeeds. It must be idempotent: one that
 * is late may still be under way while the next begins.
 *
 * Rejects with the last error when the manager stops, or when an attempt has failed and `isWanted` does not hold any more.
 *
 * @param what - names the attempt in the error of one that is late.
 */
export function untilDone<Result>(
  surroundings: Surroundings,
  what: string,
  attempt: () => Promise<Result>,
  isWanted: () => boolean = () => true,
): Promise<Result> {
  const { environment, timeouts } = surroundings;
  const { signal, release } = surroundings.untilStopped();
  const hanging = new Set<Promise<Result>>();
  /** The one that has succeeded, possibly after its deadline. */
  let succeeded: Promise<Result> | undefined;
  const late = () =>
    new CrossboundError('ATTEMPT_LATE', 'retryable', `${what} took longer than ${timeouts.attemptMs} ms (timeouts.attemptMs).`);
  const begin = () => {
    const work = attempt();
    hanging.add(work);
    work
      .finally(() => hanging.delete(work))
      .then(() => {
        succeeded = work;
      }, ignore);
    return work;
  };
  const next = () => succeeded ?? (hanging.size < MAX_HANGING_ATTEMPTS ? begin() : Promise.race(hanging));
  const bounded = async () => {
    signal.throwIfAborted();
    return withDeadline(environment, timeouts.attemptMs, next(), late, signal);
  };
  const done = retry(environment, SCHEDULE, bounded, () => !signal.aborted && isWanted(), signal).finally(release);
  done.catch(ignore);
  return done;
}
