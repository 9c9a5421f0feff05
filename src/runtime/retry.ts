import type { Environment } from '../protocol/environment.ts';

/** How often and how long to try again. Both ends are bounded: the wait between two attempts and the time for all. */
export interface RetrySchedule {
  /** The wait after the first failure, before jitter, in milliseconds. It doubles with each further one. */
  readonly firstDelayMs: number;
  /** No wait is longer than this, in milliseconds. */
  readonly maxDelayMs: number;
  /** After this time no further attempt starts, in milliseconds. The attempt under way is not cut off; give it a deadline. */
  readonly totalMs: number;
}

/**
 * The wait before attempt number `failures + 1`: exponential, with "equal jitter", so that those who failed together do
 * not come back together, and nobody comes back at once.
 *
 * @param failures - how many attempts have failed, at least 1.
 * @param random - uniform in [0, 1).
 */
export function retryDelayMs(schedule: RetrySchedule, failures: number, random: number): number {
  const ceiling = Math.min(schedule.maxDelayMs, schedule.firstDelayMs * 2 ** (failures - 1));
  return ceiling / 2 + (ceiling / 2) * random;
}

/**
 * Calls `attempt` until it resolves, fails for a reason that `isTransient` does not accept, or the schedule's time is
 * over; then rejects with the last error.
 *
 * @param signal - ends the waiting early: rejects with the last error.
 */
export async function retry<Result>(
  environment: Environment,
  schedule: RetrySchedule,
  attempt: () => Promise<Result>,
  isTransient: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<Result> {
  const end = new AbortController();
  const stop = () => end.abort();
  const cancelTimer = environment.setTimer(schedule.totalMs, stop);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    for (let failures = 1; ; failures += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (end.signal.aborted || !isTransient(error)) throw error;
        const random = (environment.randomBytes(1)[0] ?? 0) / 256;
        await sleep(environment, retryDelayMs(schedule, failures, random), end.signal);
        if (end.signal.aborted) throw error;
      }
    }
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', stop);
  }
}

function sleep(environment: Environment, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = environment.setTimer(delayMs, wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}
