import type { TransactionAbortedError } from '../protocol/errors.ts';

/**
 * Why a transaction was rolled back, in the classes that operators of transaction managers count:
 * `timeout`, it or its votes took too long; `resource`, a participant failed, refused or was not there; `application`, the client
 * asked for it, by throwing, by `rollback` or by its signal; `system`, the decision log took no decision, or the manager was closed.
 */
export type RollbackCause = 'timeout' | 'resource' | 'application' | 'system';

const CAUSES: Readonly<Record<string, RollbackCause>> = {
  TIMEOUT: 'timeout',
  PARTICIPANT_FAILED: 'resource',
  PREPARE_REFUSED: 'resource',
  PARTICIPANT_UNAVAILABLE: 'resource',
  ROLLED_BACK: 'application',
  ABORTED_BY_SIGNAL: 'application',
  ENLIST_PENDING: 'application',
  RESULT_NOT_STORABLE: 'application',
  NOTHING_ENLISTED: 'application',
};

/** The class of an error's code. What is left are the codes of the decision log, which may be somebody else's, and `CLOSED`. */
export function rollbackCause({ code }: TransactionAbortedError): RollbackCause {
  return CAUSES[code] ?? 'system';
}
