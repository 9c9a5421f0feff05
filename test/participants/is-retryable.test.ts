// Method: one error of each kind that a transaction can reject with; PostgreSQL's codes are those of its documentation.
import pg from 'pg';
import { expect, test } from 'vitest';
import { isRetryable } from '../../src/participants/is-retryable.ts';
import { InDoubtError, PrepareRefusedError, TransactionAbortedError } from '../../src/protocol/errors.ts';

function fromPostgreSql(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('failed', 6, 'error'), { code });
}

test.each([
  ['an aborted transaction that says so', new TransactionAbortedError('t', 'TIMEOUT', 'retryable', 'late'), true],
  ['an aborted transaction that says it is no use', new TransactionAbortedError('t', 'PREPARE_REFUSED', 'terminal', 'no'), false],
  ['a refusal', new PrepareRefusedError('no'), false],
  ['an unknown outcome', new InDoubtError('t', 'unknown'), false],
  ['a serialization failure', fromPostgreSql('40001'), true],
  ['a deadlock', fromPostgreSql('40P01'), true],
  ['a lock time-out', fromPostgreSql('55P03'), true],
  ['a violated constraint', fromPostgreSql('23505'), false],
  ['a syntax error', fromPostgreSql('42601'), false],
  ["the user's own", new Error('sold out'), false],
  ['no error at all', undefined, false],
])('%s', (_what, error, expected) => {
  expect(isRetryable(error)).toBe(expected);
});
