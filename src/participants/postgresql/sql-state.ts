import pg from 'pg';
import { CrossboundError } from '../../protocol/errors.ts';

/** The code that the server gave (https://www.postgresql.org/docs/current/errcodes-appendix.html); none for a lost connection. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** `COMMIT PREPARED` or `ROLLBACK PREPARED` of what is not, or no longer, there. */
export const UNDEFINED_OBJECT = '42704';

/** `COMMIT PREPARED` by another user than the one who prepared; also a login without CONNECT on the database. */
export const INSUFFICIENT_PRIVILEGE = '42501';

/** One of several meanings: another session works on this prepared transaction at the moment. */
const OBJECT_NOT_IN_PREREQUISITE_STATE = '55000';

/** Failures that a later attempt may not meet: no connection, a server that starts or stops, exhausted resources. */
export function isTransient(error: unknown): boolean {
  if (error instanceof CrossboundError) return error.kind === 'retryable';
  const state = sqlState(error);
  if (state === undefined) return true;
  return /^(08|53|57P)/.test(state);
}

/** As {@link isTransient}, for `COMMIT PREPARED` and `ROLLBACK PREPARED`: there "busy" passes too. */
export function isTransientAtCompletion(error: unknown): boolean {
  return isTransient(error) || sqlState(error) === OBJECT_NOT_IN_PREREQUISITE_STATE;
}

/**
 * Whether the error says for certain that `PREPARE TRANSACTION` did not happen. Not so where it also reaches a session
 * whose transaction has just been prepared, before the answer is on its way: the session is ended or its statement
 * cancelled (57), the connection breaks (08), the server fails inside (58, XX), or its code says "unknown" itself. Nor for a duplicate identifier (42710):
 * there one is prepared. And never without a code.
 */
export function isDefiniteRefusal(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !/^(08|57|58|XX|F0|40003|42710|25P0[34])/.test(state);
}

/** Whether the server closes the session after this error. */
export function endsSession(error: unknown): error is pg.DatabaseError {
  return /^(57P0[1235]|25P0[34])$/.test(sqlState(error) ?? '');
}

/** Whether the same transaction may succeed when it is run again: serialization, deadlock, lock time-out, resources. */
export function isWorthRepeating(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || /^(40|53|08|57|55P03)/.test(state);
}
