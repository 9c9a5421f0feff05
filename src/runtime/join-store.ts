import type { Store } from './branch-driver.ts';
import { ignore } from './deadline.ts';
import { type RetrySchedule, retry } from './retry.ts';
import type { Surroundings } from './surroundings.ts';

/** No end but that of the manager. */
const SCHEDULE: RetrySchedule = { firstDelayMs: 100, maxDelayMs: 5_000, totalMs: 2 ** 31 - 1 };

/** A store that is being opened for as long as it takes. */
export interface JoiningStore {
  /** What is in doubt there, once it is open. Rejects when the manager stops; it is closed then. */
  readonly found: Promise<readonly string[]>;
  /** Resolves, with nothing, when it turns out that it takes longer. */
  readonly firstFailure: Promise<undefined>;
}

/** Opens a store that may be down, again and again, and asks it what is in doubt there. An `open` that hangs is waited for: there is never a second one beside it. */
export function joinStore(surroundings: Surroundings, coordinator: string, { participant, presence, inDoubt }: Store): JoiningStore {
  const { environment, stopped } = surroundings;
  const { promise: firstFailure, resolve: hasFailed } = Promise.withResolvers<undefined>();
  const open = async () => {
    try {
      await participant.open({ coordinator, environment });
    } catch (error) {
      presence.missed(error);
      hasFailed(undefined);
      throw error;
    }
  };
  const join = async () => {
    await retry(environment, SCHEDULE, open, () => true, stopped);
    try {
      return await inDoubt.ask();
    } catch (error) {
      await participant.close().catch(ignore);
      throw error;
    }
  };
  const found = join();
  found.catch(ignore);
  return { found, firstFailure };
}
