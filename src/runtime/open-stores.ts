import { CrossboundError } from '../protocol/errors.ts';
import type { Store } from './branch-driver.ts';
import { settledWithin, withDeadline } from './deadline.ts';
import { joinStore } from './join-store.ts';
import { type RetrySchedule, retry } from './retry.ts';
import { closeStores } from './shut-down.ts';
import { askInDoubt } from './store-query.ts';
import type { Surroundings } from './surroundings.ts';
import { textOf } from './text-of.ts';

/** Of many transactions an error names these. */
const MAX_NAMED = 3;

/** What is known of the stores when the manager starts. */
export interface OpenedStores {
  /** What each store that is open said is in doubt. */
  readonly inDoubt: ReadonlyMap<Store, readonly string[]>;
  /** Those that were down, and need not be up by their policy: each resolves with the same once it is open. Rejects only when the manager stops. */
  readonly joining: ReadonlyMap<Store, Promise<readonly string[]>>;
}

/**
 * Opens all stores and asks each what is in doubt there. Tries again within `timeouts.openMs`: to open where a store calls its
 * failure retryable, to ask where it does not call it terminal. When one fails, those that were opened here are closed again, and
 * no other: one that refused because another manager has it goes on serving that one.
 *
 * A store whose policy is not to refuse is tried once, and then again and again in the background.
 */
export async function openStores(surroundings: Surroundings, coordinator: string, stores: Iterable<Store>): Promise<OpenedStores> {
  const opened = new Set<Store>();
  const inDoubt = new Map<Store, readonly string[]>();
  const joining = new Map<Store, Promise<readonly string[]>>();
  const results = await Promise.allSettled(
    [...stores].map(async (store) => {
      if (store.presence.policy.policy === 'refuse') {
        inDoubt.set(store, await openStore(surroundings, coordinator, store, () => opened.add(store)));
        return;
      }
      const { found, firstFailure } = joinStore(surroundings, coordinator, store);
      joining.set(store, found);
      const answered = found.then((transactions) => {
        opened.add(store);
        inDoubt.set(store, transactions);
        joining.delete(store);
      });
      await settledWithin(surroundings.environment, surroundings.timeouts.attemptMs, Promise.race([answered, firstFailure]));
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return { inDoubt, joining };
  await closeStores(surroundings, opened);
  throw failed.reason;
}

async function openStore(
  surroundings: Surroundings,
  coordinator: string,
  { participant }: Store,
  onOpen: () => void,
): Promise<readonly string[]> {
  const { environment, timeouts, stopped } = surroundings;
  const schedule: RetrySchedule = { firstDelayMs: 50, maxDelayMs: 2_000, totalMs: timeouts.openMs };
  let lastFailure: { readonly error: unknown } | undefined;
  let isGivenUp = false;
  const open = async () => {
    await participant.open({ coordinator, environment });
    if (isGivenUp) await participant.close();
    else onOpen();
  };
  const ask = () =>
    withDeadline(environment, timeouts.attemptMs, askInDoubt(participant), () => late(timeouts.attemptMs, 'attemptMs'), stopped);
  const bounded = <Result>(attempt: () => Promise<Result>, isTransient: (error: unknown) => boolean): Promise<Result> => {
    lastFailure = undefined;
    const observed = async () => {
      try {
        return await attempt();
      } catch (error) {
        lastFailure = { error };
        throw error;
      }
    };
    const attempts = retry(environment, schedule, observed, isTransient, stopped);
    return withDeadline(environment, timeouts.openMs, attempts, () => late(timeouts.openMs, 'openMs', lastFailure));
  };
  try {
    await bounded(open, (error) => kindOf(error) === 'retryable');
    return await bounded(ask, (error) => kindOf(error) !== 'terminal');
  } catch (error) {
    isGivenUp = true;
    const kind = kindOf(error) === 'retryable' ? 'retryable' : 'terminal';
    const message = `The participant "${participant.name}" could not be opened: ${textOf(error)}`;
    throw new CrossboundError('PARTICIPANT_UNAVAILABLE', kind, message, { cause: lastFailure?.error ?? error });
  }
}

function kindOf(error: unknown): CrossboundError['kind'] | undefined {
  return error instanceof CrossboundError ? error.kind : undefined;
}

function late(timeoutMs: number, option: 'openMs' | 'attemptMs', failure?: { readonly error: unknown }): CrossboundError {
  const last = failure === undefined ? '' : ` Last error: ${textOf(failure.error)}`;
  return new CrossboundError('ATTEMPT_LATE', 'retryable', `it took longer than ${timeoutMs} ms (timeouts.${option}).${last}`);
}

/**
 * Nothing can be prepared before a log's first epoch: where something is, it was another log that may have committed it.
 *
 * @param log - where the log is, for people.
 */
export function assertLogNotMissing(coordinator: string, log: string, inDoubt: ReadonlyMap<Store, readonly string[]>): void {
  const left = [...inDoubt].filter(([, transactions]) => transactions.length > 0);
  if (left.length === 0) return;
  const named = left.map(([{ participant }, transactions]) => {
    const more = transactions.length > MAX_NAMED ? ` and ${transactions.length - MAX_NAMED} more` : '';
    return `"${participant.name}" (${transactions.slice(0, MAX_NAMED).join(', ')}${more})`;
  });
  throw new CrossboundError(
    'DECISION_LOG_MISSING',
    'terminal',
    `The decision log in ${log} is new, but prepared transactions of "${coordinator}" wait for their outcome in ${named.join(', ')}: ` +
      'the log that knows it is not this one, and to presume that they were rolled back could tear one that was committed. Nothing was written or rolled back. ' +
      'Restore the directory, or correct its path (a relative one depends on where the process was started). ' +
      'If the log is lost for good, end these transactions by hand, each alike in all stores, and start again.',
  );
}
