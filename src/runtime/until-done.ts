import { CrossboundError } from '../protocol/errors.ts';
import { begun, ignore, withDeadline } from './deadline.ts';
import { type RetrySchedule, retry } from './retry.ts';
import type { Surroundings } from './surroundings.ts';

/** No end but that of the manager: what a decision asks for must happen. At most 2 attempts in 2 seconds once it is slow. */
const SCHEDULE: RetrySchedule = { firstDelayMs: 20, maxDelayMs: 2_000, totalMs: 2 ** 31 - 1 };

/** Attempts that got no answer in time, and may still be under way; more are not started before one of them ends. */
const MAX_HANGING_ATTEMPTS = 3;

/** What else there is to the repetition of an attempt. */
interface RepetitionTerms {
  /** Asked when an attempt has failed: whether to make another one. By default yes. */
  readonly isWanted?: () => boolean;
  /** Told what each attempt that fails is rejected with. */
  readonly onFailed?: (error: unknown) => void;
}

interface Work<Result> extends RepetitionTerms {
  readonly what: string | (() => string);
  readonly attempt: () => Promise<Result>;
}

/**
 * Repeats `attempt`, each time with a deadline and after a growing wait, until it succeeds. It must be idempotent: one that
 * is late may still be under way while the next begins.
 *
 * Rejects with the last error when the manager stops, or when an attempt has failed and another one is not wanted any more.
 *
 * @param what - names the attempt in the error of one that is late.
 */
export function untilDone<Result>(
  surroundings: Surroundings,
  what: string | (() => string),
  attempt: () => Promise<Result>,
  terms: RepetitionTerms = {},
): Promise<Result> {
  const { environment, timeouts } = surroundings;
  const done = new Promise<Result>((resolve, reject) => {
    if (surroundings.isStopped) return reject(surroundings.stopped.reason);
    // Nearly always the first attempt succeeds at once, so it is made without what only repetition needs.
    const first = begun(attempt);
    let isFirstOver = false;
    const end = (then: () => void) => {
      if (isFirstOver) return;
      isFirstOver = true;
      cancel();
      release();
      then();
    };
    const goOn = (failure: unknown, ...hanging: readonly Promise<Result>[]) =>
      repeat(surroundings, { what, attempt, ...terms }, failure, hanging).then(resolve, reject);
    const cancel = environment.setTimer(timeouts.attemptMs, () => end(() => goOn(late(what, timeouts.attemptMs), first)));
    const release = surroundings.onStop(() => end(() => reject(surroundings.stopped.reason)));
    first.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => {
        terms.onFailed?.(error);
        end(() => goOn(error));
      },
    );
  });
  done.catch(ignore);
  return done;
}

/** Goes on after a first attempt that has failed, or that is late and may still be under way. */
function repeat<Result>(
  surroundings: Surroundings,
  { what, attempt, isWanted, onFailed }: Work<Result>,
  firstFailure: unknown,
  stillUnderWay: readonly Promise<Result>[],
): Promise<Result> {
  const { environment, timeouts } = surroundings;
  const { signal, release } = surroundings.untilStopped();
  const hanging = new Set<Promise<Result>>();
  /** The one that has succeeded, possibly after its deadline. */
  let succeeded: Promise<Result> | undefined;
  const watch = (work: Promise<Result>) => {
    hanging.add(work);
    work
      .finally(() => hanging.delete(work))
      .then(() => {
        succeeded = work;
      }, ignore);
  };
  for (const work of stillUnderWay) watch(work);
  const begin = () => {
    const work = begun(attempt);
    work.catch((error: unknown) => onFailed?.(error));
    watch(work);
    return work;
  };
  const next = () => succeeded ?? (hanging.size < MAX_HANGING_ATTEMPTS ? begin() : Promise.race(hanging));
  let isFirst = true;
  const bounded = async () => {
    if (isFirst) {
      isFirst = false;
      throw firstFailure;
    }
    signal.throwIfAborted();
    return withDeadline(environment, timeouts.attemptMs, next(), () => late(what, timeouts.attemptMs), signal);
  };
  return retry(environment, SCHEDULE, bounded, () => !signal.aborted && (isWanted?.() ?? true), signal).finally(release);
}

function late(what: string | (() => string), attemptMs: number): CrossboundError {
  const named = typeof what === 'string' ? what : what();
  return new CrossboundError('ATTEMPT_LATE', 'retryable', `${named} took longer than ${attemptMs} ms (timeouts.attemptMs).`);
}
