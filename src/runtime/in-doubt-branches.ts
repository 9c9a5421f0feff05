import { CrossboundError } from '../protocol/errors.ts';
import type { Store } from './branch-driver.ts';
import type { InDoubtBranch } from './crossbound.ts';
import { withDeadline } from './deadline.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * What is in doubt in all of these stores.
 *
 * @throws CrossboundError `PARTICIPANT_UNAVAILABLE` where one of them has not been opened, or does not say within `timeouts.attemptMs`.
 */
export async function inDoubtIn({ environment, timeouts }: Surroundings, stores: Iterable<Store>): Promise<readonly InDoubtBranch[]> {
  const answers = [...stores].map(async ({ participant: { name }, inDoubt, presence }) => {
    const unavailable = (why: string) => new CrossboundError('PARTICIPANT_UNAVAILABLE', 'retryable', `The participant "${name}" ${why}`);
    if (presence.state === 'down') throw unavailable('has not been there since the start, and what is in doubt in it is not known.');
    const late = () => unavailable(`did not say within ${timeouts.attemptMs} ms what is in doubt (timeouts.attemptMs).`);
    const transactions = await withDeadline(environment, timeouts.attemptMs, inDoubt.ask(), late);
    return transactions.map((transaction) => ({ transaction, participant: name }));
  });
  return (await Promise.all(answers)).flat();
}
