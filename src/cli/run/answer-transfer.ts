import { CrossboundError, InDoubtError } from '../../protocol/errors.ts';
import type { Crossbound } from '../../runtime/crossbound.ts';
import type { KillSwitch } from './kill-switch.ts';
import type { TransferReply, TransferRequest } from './process-messages.ts';
import { provokeFailure } from './provoke-failure.ts';
import type { RunStores } from './run-stores.ts';
import { transferMoney } from './transfer-money.ts';

/**
 * Makes one transfer in one transaction. Resolves when its outcome is decided, durably.
 *
 * @param killSwitch - may want this attempt to fail.
 */
export async function answerTransfer(
  crossbound: Crossbound,
  stores: RunStores,
  { request, transfer }: TransferRequest,
  killSwitch: KillSwitch | undefined,
): Promise<TransferReply> {
  const provocation = killSwitch?.asked();
  let tx = '';
  let wasFirst = false;
  try {
    await crossbound.transaction(async (scope) => {
      tx = scope.id;
      killSwitch?.began(tx, transfer.id);
      await transferMoney(scope, stores.banks, transfer);
      wasFirst = true;
      if (provocation !== undefined) await provokeFailure(scope, stores, provocation);
    });
    return { request, outcome: 'committed', tx, isRepeated: false, wasFirst, isRetryable: false };
  } catch (error) {
    return { request, tx, wasFirst, ...explain(error) };
  }
}

function explain(error: unknown): Pick<TransferReply, 'outcome' | 'isRepeated' | 'isRetryable'> & { reason?: string; wasFirst?: true } {
  const rolledBack = { outcome: 'aborted', isRepeated: false } as const;
  if (error instanceof InDoubtError) return { outcome: 'unknown', isRepeated: false, isRetryable: true };
  if (error instanceof CrossboundError) {
    if (error.code === 'ALREADY_DONE') return { outcome: 'committed', isRepeated: true, isRetryable: false };
    // The mark comes before the money.
    if (error.code === 'INSUFFICIENT_FUNDS') return { ...rolledBack, wasFirst: true, isRetryable: false, reason: error.code };
    return { ...rolledBack, isRetryable: error.kind === 'retryable', reason: error.code };
  }
  // A statement that failed in a database, for a lock that was held or a connection that broke.
  return { ...rolledBack, isRetryable: true, reason: 'STATEMENT_FAILED' };
}
