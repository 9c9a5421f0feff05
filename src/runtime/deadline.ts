import type { Environment } from '../protocol/environment.ts';

/**
 * Settles as `work` does, or rejects with `late()` after `timeoutMs`. The work itself is not interrupted.
 *
 * @param stopped - not aborted yet; when it is, the waiting ends at once, with its reason.
 */
export function withDeadline<Value>(
  environment: Pick<Environment, 'setTimer'>,
  timeoutMs: number,
  work: Promise<Value>,
  late: () => Error,
  stopped?: AbortSignal,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = environment.setTimer(timeoutMs, () => end(() => reject(late())));
    const onStopped = () => end(() => reject(stopped?.reason));
    const end = (settle: () => void) => {
      cancel();
      stopped?.removeEventListener('abort', onStopped);
      settle();
    };
    stopped?.addEventListener('abort', onStopped, { once: true });
    work.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}

/** Resolves when `work` has settled either way, or after `timeoutMs`; tells which. */
export function settledWithin(
  environment: Pick<Environment, 'setTimer'>,
  timeoutMs: number,
  work: Promise<unknown>,
): Promise<'settled' | 'late'> {
  return new Promise((resolve) => {
    const cancel = environment.setTimer(timeoutMs, () => resolve('late'));
    const settled = () => {
      cancel();
      resolve('settled');
    };
    work.then(settled, settled);
  });
}

/** The promise of a call to somebody else's code, which may also throw at once, or return no promise although it should. */
export function begun<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** For a promise whose rejection somebody else takes care of. */
export function ignore(): void {}
