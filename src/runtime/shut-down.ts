/** What happens after the last transaction. */
import type { DecisionLog } from '../log/decision-log.ts';
import { CrossboundError } from '../protocol/errors.ts';
import { managerClosed, closed as managerIsClosed } from './abort-reasons.ts';
import type { Store } from './branch-driver.ts';
import { CloseError, type CloseReport } from './close-report.ts';
import { settledWithin, withDeadline } from './deadline.ts';
import type { LiveTransactions } from './live-transactions.ts';
import type { Surroundings } from './surroundings.ts';
import { textOf } from './text-of.ts';

/**
 * Ends everything within `timeouts.closeMs`, whatever hangs: half of it for transactions to end by themselves, a quarter for those that have not to be rolled
 * back, and the rest for log and stores to close. What is not finished then is left to the next start.
 *
 * @throws CloseError of all that did not close.
 */
export async function shutDown(
  surroundings: Surroundings,
  live: LiveTransactions,
  log: DecisionLog,
  stores: Iterable<Store>,
): Promise<CloseReport> {
  const { environment, timeouts, statistics } = surroundings;
  const [halfMs, quarterMs] = [Math.ceil(timeouts.closeMs / 2), Math.ceil(timeouts.closeMs / 4)];
  const idle = live.whenIdle();
  const isDrained = (await settledWithin(environment, halfMs, idle)) === 'settled';
  if (!isDrained) {
    live.rollBackUndecided(managerClosed);
    await settledWithin(environment, quarterMs, idle);
  }
  surroundings.stop();
  const handedOver = live.leave(managerIsClosed());
  statistics.abandoned(handedOver.length);
  const withinMs = isDrained ? halfMs : quarterMs;
  const bound = { withinMs, why: `${withinMs} ms, what timeouts.closeMs left` };
  const open = [...stores].filter(({ presence }) => presence.state !== 'down');
  const logFailure = closeWithin(surroundings, bound, 'The decision log', () => log.close());
  const storeFailures = closeEach(surroundings, bound, open);
  const failures = [await logFailure, ...(await storeFailures)].filter((failure) => failure !== undefined);
  if (failures.length === 0) return { handedOver };
  throw new CloseError(failures, `The transaction manager did not close cleanly: ${failures.map(textOf).join(' ')}`, handedOver);
}

/** Closes stores after a start that failed, each within `timeouts.attemptMs`, as well as that goes. */
export async function closeStores(surroundings: Surroundings, stores: Iterable<Store>): Promise<void> {
  const { attemptMs } = surroundings.timeouts;
  await closeEach(surroundings, { withinMs: attemptMs, why: `${attemptMs} ms (timeouts.attemptMs)` }, stores);
}

interface Bound {
  readonly withinMs: number;
  readonly why: string;
}

function closeEach(surroundings: Surroundings, bound: Bound, stores: Iterable<Store>): Promise<readonly (Error | undefined)[]> {
  return Promise.all(
    [...stores].map(({ participant }) =>
      closeWithin(surroundings, bound, `The participant "${participant.name}"`, () => participant.close()),
    ),
  );
}

async function closeWithin(
  { environment }: Surroundings,
  { withinMs, why }: Bound,
  what: string,
  close: () => Promise<void>,
): Promise<Error | undefined> {
  const late = () => new CrossboundError('ATTEMPT_LATE', 'retryable', `It took longer than ${why}.`);
  try {
    await withDeadline(environment, withinMs, close(), late);
    return undefined;
  } catch (error) {
    return new CrossboundError('CLOSE_FAILED', 'terminal', `${what} could not be closed: ${textOf(error)}`, { cause: error });
  }
}
