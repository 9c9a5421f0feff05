import { CrossboundError } from '../protocol/errors.ts';
import { isWorthRepeating, sqlState } from './postgresql/sql-state.ts';

/**
 * Whether the whole transaction may succeed when it is run again, given what it rejected with: an error of Crossbound says so
 * itself; one that PostgreSQL gave to a query does by its code (serialization, deadlock, a lock that came too late, exhausted
 * resources). False for anything else, errors of your own and `InDoubtError` among them: after that the first
 * attempt may have committed.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof CrossboundError) return error.kind === 'retryable';
  return sqlState(error) !== undefined && isWorthRepeating(error);
}
