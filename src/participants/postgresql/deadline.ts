import type { Environment } from '../../protocol/environment.ts';

/** What bounds one wait. */
export interface Bounds<Result> {
  readonly timeoutMs: number;
  /** Makes the error for a wait that took too long. */
  readonly timedOut: () => Error;
  /** Ends the wait early with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Disposes of a result that comes when nobody waits for it any more. */
  readonly late?: (result: Result) => void;
}

/** Waits for `promise`, but not longer than the bounds say. */
export async function within<Result>(environment: Environment, promise: Promise<Result>, bounds: Bounds<Result>): Promise<Result> {
  const { signal } = bounds;
  const early = Promise.withResolvers<never>();
  const cancelTimer = environment.setTimer(bounds.timeoutMs, () => early.reject(bounds.timedOut()));
  const abort = () => early.reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, early.promise]);
  } catch (error) {
    // Where `promise` itself has failed, neither of the two handlers has anything to do.
    promise.then(bounds.late, () => undefined);
    throw error;
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', abort);
  }
}
