/** What happens after the last transaction. */
import type { DecisionLog } from '../log/decision-log.ts';
import { CrossboundError } from '../protocol/errors.ts';
import type { Store } from './branch-driver.ts';
import { withDeadline } from './deadline.ts';
import type { Surroundings } from './surroundings.ts';
import { textOf } from './text-of.ts';

/** Closes all stores, each within `timeouts.attemptMs`; returns what went wrong. */
export async function closeStores(surroundings: Surroundings, stores: Iterable<Store>): Promise<readonly Error[]> {
  const closing = [...stores].map(({ participant }) =>
    closed(surroundings, `The participant "${participant.name}"`, () => participant.close()),
  );
  return (await Promise.all(closing)).filter((failure) => failure !== undefined);
}

/**
 * Closes log and stores. The log first: what was appended is durable before any store can fail to close.
 *
 * @throws AggregateError of all that did not close.
 */
export async function closeAll(surroundings: Surroundings, log: DecisionLog, stores: Iterable<Store>): Promise<void> {
  const logFailure = await closed(surroundings, 'The decision log', () => log.close());
  const failures = [...(logFailure ? [logFailure] : []), ...(await closeStores(surroundings, stores))];
  if (failures.length === 0) return;
  throw new AggregateError(failures, `The transaction manager did not close cleanly: ${failures.map(textOf).join(' ')}`);
}

async function closed({ environment, timeouts }: Surroundings, what: string, close: () => Promise<void>): Promise<Error | undefined> {
  const late = () => new CrossboundError('ATTEMPT_LATE', 'retryable', `It took longer than ${timeouts.attemptMs} ms (timeouts.attemptMs).`);
  try {
    await withDeadline(environment, timeouts.attemptMs, close(), late);
    return undefined;
  } catch (error) {
    return new CrossboundError('CLOSE_FAILED', 'terminal', `${what} could not be closed: ${textOf(error)}`, { cause: error });
  }
}
