import { CrossboundError } from '../../protocol/errors.ts';
import type { TransactionScope } from '../../runtime/transaction.ts';
import type { Provocation } from './process-messages.ts';
import type { RunStores } from './run-stores.ts';

/**
 * A table whose rows fail when their transaction is prepared, as a deferred constraint does: by refusing, or by the end of
 * the session in the middle of it. The refusal has the code of a serialization failure, which says that another attempt may succeed.
 */
export const PROVOCATIONS_SQL = `
  CREATE TABLE provocations (kind text NOT NULL);
  CREATE FUNCTION provoke() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.kind = 'refuse' THEN
      RAISE EXCEPTION 'refused on purpose' USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM pg_terminate_backend(pg_backend_pid());
    PERFORM pg_sleep(10);
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER provoke AFTER INSERT ON provocations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION provoke()`;

/** Makes the transaction fail, now or when it is prepared; another attempt may succeed. */
export async function provokeFailure(tx: TransactionScope, { databases }: RunStores, provocation: Provocation): Promise<void> {
  if (provocation === 'give-up') throw new CrossboundError('GIVEN_UP', 'retryable', 'The work gives up on purpose.');
  const [database] = databases;
  if (database === undefined) throw new Error(`only a database can ${provocation}`);
  const sql = await tx.enlist(database);
  await sql.query('INSERT INTO provocations VALUES ($1)', [provocation]);
}
