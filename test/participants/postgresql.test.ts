/**
 * Method: a real PostgreSQL server, one for this file. Beside conformance.test.ts, what only a database can do to us:
 * refuse silently, share its identifiers with strangers, wait for locks, run out of slots.
 * What happens when sessions, servers and networks die is in postgresql-failures.test.ts.
 */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgresServer } from '../../src/cli/demo/postgres-server.ts';
import { Connection } from '../../src/participants/postgresql/connection.ts';
import { PostgreSqlParticipant } from '../../src/participants/postgresql.ts';
import { CrossboundError, InvalidInputError, PrepareRefusedError } from '../../src/protocol/errors.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';
import { enlist, newTransaction, PostgresBank, put } from '../support/postgres-bank.ts';

/** Few, so that a test can use them up. */
const PREPARED_SLOTS = 12;

let server: PostgresServer;
let bank: PostgresBank;

beforeAll(async () => {
  server = await startPostgresServer({ maxPreparedTransactions: PREPARED_SLOTS });
  bank = await PostgresBank.create(server, 'bank');
});

afterEach(() => bank.clean());

afterAll(async () => {
  await bank.dispose();
  await server.close();
});

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof CrossboundError || error instanceof pg.DatabaseError ? error.code : String(error)),
  );

describe('a first phase that PostgreSQL refuses', () => {
  it('is a refusal where a statement had failed, although PREPARE TRANSACTION reports no error then', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    await put(handle, 'a', 'one');
    expect(await codeOf(handle.query("INSERT INTO entries VALUES ('a', 'two')"))).toBe('23505');
    const refusal = await participant.prepare(tx).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PrepareRefusedError);
    expect(refusal).toMatchObject({ kind: 'terminal', cause: { code: '23505' } });
    expect(await bank.preparedIdentifiers()).toEqual([]);
    expect(await bank.value('a')).toBeUndefined();
  });

  it('is no refusal where the failure was undone by a savepoint', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    await put(handle, 'a', 'one');
    await handle.query('SAVEPOINT before');
    await handle.query("INSERT INTO entries VALUES ('a', 'two')").catch(() => undefined);
    await handle.query('ROLLBACK TO SAVEPOINT before');
    await participant.prepare(tx);
    await participant.commit(tx);
    expect(await bank.value('a')).toBe('one');
  });

  it('is a refusal when a deferred constraint fails', async () => {
    await bank.sql('CREATE TABLE IF NOT EXISTS notes (key text REFERENCES entries DEFERRABLE INITIALLY DEFERRED)');
    const participant = await bank.open();
    const tx = newTransaction();
    await (await enlist(participant, tx)).query("INSERT INTO notes VALUES ('nobody')");
    await expect(participant.prepare(tx)).rejects.toMatchObject({ code: 'PREPARE_REFUSED', kind: 'terminal', cause: { code: '23503' } });
    expect(await bank.preparedIdentifiers()).toEqual([]);
    await bank.sql('DROP TABLE notes');
  });

  it('is a refusal worth repeating when the transactions cannot be put in an order', async () => {
    const participant = await bank.open('tests', { isolation: 'serializable' });
    await bank.sql("INSERT INTO entries VALUES ('a', '1'), ('b', '1')");
    const [first, second] = [newTransaction(), newTransaction()];
    const handles = [await enlist(participant, first), await enlist(participant, second)] as const;
    for (const handle of handles) await handle.query('SELECT sum(value::int) FROM entries');
    await put(handles[0], 'a', '0');
    await put(handles[1], 'b', '0');
    await participant.prepare(first);
    await expect(participant.prepare(second)).rejects.toMatchObject({
      code: 'PREPARE_REFUSED',
      kind: 'retryable',
      cause: { code: '40001' },
    });
    await participant.commit(first);
    expect([await bank.value('a'), await bank.value('b')]).toEqual(['0', '1']);
  });

  it('is a refusal worth repeating when every slot for prepared transactions is taken', async () => {
    const participant = await bank.open();
    for (let slot = 0; slot < PREPARED_SLOTS; slot += 1) {
      const tx = newTransaction();
      await put(await enlist(participant, tx), `k${slot}`, 'x');
      await participant.prepare(tx);
    }
    const tx = newTransaction();
    await put(await enlist(participant, tx), 'a', 'one');
    await expect(participant.prepare(tx)).rejects.toMatchObject({ code: 'PREPARE_REFUSED', kind: 'retryable', cause: { code: '53200' } });
    expect(await participant.inDoubt()).toHaveLength(PREPARED_SLOTS);
  });
});

describe('a server that cannot prepare', () => {
  it('is named at enlistment, with the setting to change', async () => {
    await using incapable = await startPostgresServer({ maxPreparedTransactions: 0 });
    const participant = new PostgreSqlParticipant({ name: 'bank', connection: incapable.connection('postgres') });
    await participant.open({ coordinator: 'tests', environment: nodeEnvironment() });
    const refusal = await enlist(participant, newTransaction()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'PREPARED_TRANSACTIONS_DISABLED', kind: 'terminal' });
    expect(String(refusal)).toContain('max_prepared_transactions = 0');
    expect(await participant.inDoubt()).toEqual([]);
    await participant.close();
  });
});

describe('prepared transactions of others', () => {
  const prepareAs = async (gid: string, key: string, connection = bank.connection) => {
    const client = new pg.Client(connection);
    await client.connect();
    await client.query('BEGIN');
    if (connection === bank.connection) await client.query('INSERT INTO entries VALUES ($1, $1)', [key]);
    await client.query(`PREPARE TRANSACTION ${pg.escapeLiteral(gid)}`);
    await client.end();
  };

  it('are neither listed nor decided, however near their identifiers are', async () => {
    const strangers = [
      'crossbound:1:tests2:bank:x',
      'crossbound:1:tests:bank2:x',
      'crossbound:1:test:bank:x',
      'crossbound:1:tests:bank:',
      'crossbound:1:tests:bank:x:y',
      "crossbound:1:tests:bank:it's %",
      'crossbound:2:tests:bank:x',
      'crossbound_1:tests:bank:x',
      'x',
    ];
    for (const gid of strangers) await prepareAs(gid, gid);
    const participant = await bank.open();
    expect(await participant.inDoubt()).toEqual([]);
    await participant.commit('x');
    await participant.rollback('x');
    expect(await bank.preparedIdentifiers()).toEqual([...strangers].sort());
  });

  it('with our own identifier, but in another database of the server, are not listed', async () => {
    const gid = 'crossbound:1:tests:bank:elsewhere';
    const elsewhere = server.connection('postgres');
    await prepareAs(gid, 'elsewhere', elsewhere);
    const participant = await bank.open();
    expect(await participant.inDoubt()).toEqual([]);
    const client = new pg.Client(elsewhere);
    await client.connect();
    await client.query(`ROLLBACK PREPARED ${pg.escapeLiteral(gid)}`);
    await client.end();
  });

  it('names with every allowed character come back as they went', async () => {
    const participant = await bank.open('A_b.C-9', { name: '-._-' });
    const tx = `_.-Z${newTransaction()}`.padEnd(64, '.');
    await put(await enlist(participant, tx), 'a', 'one');
    await participant.prepare(tx);
    expect(await participant.inDoubt()).toEqual([tx]);
    await participant.rollback(tx);
  });
});

describe('users without special rights', () => {
  const openAs = (user: string) => bank.open('tests', { connection: { ...bank.connection, user, password: 'secret' } });

  it('do all of it, except to finish what another user has prepared, which is said with the owner to take', async () => {
    for (const user of ['teller', 'auditor']) {
      await bank.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'`);
      await bank.sql(`GRANT SELECT, INSERT, UPDATE ON entries TO ${user}`);
    }
    const teller = await openAs('teller');
    const [committed, left] = [newTransaction(), newTransaction()];
    for (const tx of [committed, left]) {
      await put(await enlist(teller, tx), tx, 'one');
      await teller.prepare(tx);
    }
    await teller.commit(committed);
    const auditor = await openAs('auditor');
    expect(await auditor.inDoubt()).toEqual([left]);
    expect(await codeOf(auditor.commit(left))).toBe('POSTGRESQL_NOT_OWNER');
    expect(await (await openAs('teller')).inDoubt()).toEqual([left]);
    expect(await bank.value(committed)).toBe('one');
  });
});

describe('waits', () => {
  it('a deadlock that crosses two databases ends with the time-out of a lock', async () => {
    const other = await PostgresBank.create(server, 'other_bank');
    for (const each of [bank, other]) await each.sql("INSERT INTO entries VALUES ('x', '0')");
    const [here, there] = [await bank.open(), await other.open()];
    const [first, second] = [newTransaction(), newTransaction()];
    const options = { timeoutMs: 300 };
    const ofFirst = { here: await enlist(here, first, options), there: await enlist(there, first, options) };
    const ofSecond = { here: await enlist(here, second, options), there: await enlist(there, second, options) };
    await put(ofFirst.here, 'x', '1');
    await put(ofSecond.there, 'x', '2');
    const begun = performance.now();
    const crossed = await Promise.all([codeOf(put(ofFirst.there, 'x', '1')), codeOf(put(ofSecond.here, 'x', '2'))]);
    const elapsedMs = performance.now() - begun;
    expect(crossed).toContain('55P03');
    expect(elapsedMs).toBeGreaterThan(250);
    expect(elapsedMs).toBeLessThan(5_000);
    for (const tx of [first, second]) await Promise.all([here.rollback(tx), there.rollback(tx)]);
    expect([await bank.value('x'), await other.value('x')]).toEqual(['0', '0']);
    await other.clean();
    await other.dispose();
  });

  it('a statement that takes too long ends with the time-out', async () => {
    const participant = await bank.open();
    const handle = await enlist(participant, newTransaction(), { timeoutMs: 500 });
    expect(await codeOf(handle.query('SELECT pg_sleep(10)'))).toBe('57014');
  });

  it('a commit finds a connection although all are taken by those who wait for its locks', async () => {
    const participant = await bank.open('tests', { maxConnections: 1, completionConnections: 1 });
    const [first, second] = [newTransaction(), newTransaction()];
    await put(await enlist(participant, first), 'a', 'one');
    await participant.prepare(first);
    const waiting = put(await enlist(participant, second), 'a', 'two');
    await participant.commit(first);
    await waiting;
    await participant.prepare(second);
    await participant.commit(second);
    expect(await bank.value('a')).toBe('two');
  });

  it('an enlistment that finds no free connection is told so in time, and one too many at once', async () => {
    const participant = await bank.open('tests', { maxConnections: 1, maxWaiting: 1 });
    const holder = newTransaction();
    await enlist(participant, holder);
    const begun = performance.now();
    const waiting = codeOf(enlist(participant, newTransaction(), { timeoutMs: 300 }));
    expect(await codeOf(enlist(participant, newTransaction(), { timeoutMs: 10_000 }))).toBe('POSTGRESQL_BUSY');
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(await waiting).toBe('POSTGRESQL_BUSY');
    await participant.rollback(holder);
    await enlist(participant, newTransaction());
  });

  it('an abort interrupts the statement under way and frees its locks', async () => {
    const participant = await bank.open();
    const [tx, next] = [newTransaction(), newTransaction()];
    const abort = new AbortController();
    const handle = await enlist(participant, tx, { timeoutMs: 20_000, signal: abort.signal });
    await put(handle, 'a', 'one');
    const sleeping = handle.query('SELECT pg_sleep(15)').catch((error: unknown) => error);
    const queued = handle.query("INSERT INTO entries VALUES ('b', 'never')").catch((error: unknown) => error);
    setTimeout(() => abort.abort(new Error('changed my mind')), 50);
    expect(await sleeping).toMatchObject({ message: 'changed my mind' });
    expect(await queued).toMatchObject({ message: 'changed my mind' });
    await participant.rollback(tx);
    await put(await enlist(participant, next), 'a', 'two');
    await participant.prepare(next);
    await participant.commit(next);
    expect([await bank.value('a'), await bank.value('b')]).toEqual(['two', undefined]);
  });

  it('a rollback overtakes statements that were asked for and have not begun', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    const results = ['a', 'b', 'c'].map((key) => codeOf(put(handle, key, 'one')));
    await participant.rollback(tx);
    expect(await Promise.all(results)).not.toContain('resolved');
    expect(await bank.sql('SELECT * FROM entries')).toEqual([]);
  });

  it('an abort before the branch has a connection leaves no branch', async () => {
    const participant = await bank.open('tests', { maxConnections: 1 });
    const holder = newTransaction();
    await enlist(participant, holder);
    const abort = new AbortController();
    const waiting = codeOf(enlist(participant, newTransaction(), { signal: abort.signal }));
    abort.abort(new Error('too late'));
    expect(await waiting).toContain('too late');
    await participant.rollback(holder);
    await enlist(participant, newTransaction());
  });
});

describe('the handle', () => {
  it.each([
    'COMMIT',
    ' end',
    '-- why not\ncommit and chain',
    '/* so */ ROLLBACK',
    ';rollback work',
    'BEGIN',
    'start transaction',
    'abort',
    "PREPARE TRANSACTION 'x'",
  ])('refuses %j, and the transaction goes on', async (text) => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    await put(handle, 'a', 'one');
    expect(await codeOf(handle.query(text))).toBe('TRANSACTION_CONTROL');
    await participant.prepare(tx);
    await participant.commit(tx);
    expect(await bank.value('a')).toBe('one');
  });

  it('notices a transaction that was ended in a hidden way, runs nothing outside of it, and never prepares it', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    expect(await codeOf(handle.query('/* a /* nested */ comment */ ROLLBACK'))).toBe('TRANSACTION_CONTROL');
    expect(await codeOf(put(handle, 'a', 'one'))).toBe('TRANSACTION_CONTROL');
    await expect(participant.prepare(tx)).rejects.toBeInstanceOf(PrepareRefusedError);
    expect(await bank.value('a')).toBeUndefined();
  });

  it('never prepares a transaction of which a part was committed in a hidden way', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    expect(await codeOf(handle.query('/* a /* nested */ comment */ COMMIT AND CHAIN'))).toBe('TRANSACTION_CONTROL');
    await expect(participant.prepare(tx)).rejects.toMatchObject({ code: 'PREPARE_REFUSED', cause: { code: 'TRANSACTION_CONTROL' } });
    expect(await bank.preparedIdentifiers()).toEqual([]);
  });

  it('takes one statement at a time, so that no second one hides behind the first', async () => {
    const participant = await bank.open();
    const handle = await enlist(participant, newTransaction());
    expect(await codeOf(handle.query("INSERT INTO entries VALUES ('a', 'one'); COMMIT"))).toBe('42601');
  });

  it('gives values to the statement and never makes text of them', async () => {
    const participant = await bank.open();
    const handle = await enlist(participant, newTransaction());
    const { rows, rowCount } = await handle.query<{ said: string }>('SELECT $1::text AS said', ["'; DROP TABLE entries; --"]);
    expect({ rows, rowCount }).toEqual({ rows: [{ said: "'; DROP TABLE entries; --" }], rowCount: 1 });
  });

  it('takes nothing more once the end has begun', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    await participant.prepare(tx);
    expect(await codeOf(put(handle, 'a', 'one'))).toBe('BRANCH_ENDED');
    await participant.commit(tx);
  });

  it('leaves no setting to the next transaction on its connection', async () => {
    const participant = await bank.open('tests', { maxConnections: 1 });
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    await handle.query("SET TimeZone = 'Asia/Tokyo'");
    await handle.query('SELECT pg_advisory_lock(7)').catch(() => undefined);
    await participant.rollback(tx);
    const next = await enlist(participant, newTransaction());
    expect((await next.query("SELECT current_setting('TimeZone') AS zone")).rows).not.toEqual([{ zone: 'Asia/Tokyo' }]);
    expect((await bank.sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).length).toBe(0);
  });
});

describe('a connection that was given back', () => {
  it('takes no statement, since it may be of another transaction by now', async () => {
    const pool = new pg.Pool({ ...bank.connection, max: 1 });
    const before = await Connection.take(await pool.connect(), nodeEnvironment());
    await before.recycle();
    const after = await Connection.take(await pool.connect(), nodeEnvironment());
    expect(after.facts).toEqual(before.facts);
    await after.run('BEGIN');
    expect(await codeOf(before.run('ROLLBACK'))).toBe('POSTGRESQL_NO_ANSWER');
    await after.run('SELECT 1');
    expect(after.transactionStatus).toBe('T');
    after.destroy();
    await pool.end();
  });
});

describe('calls out of order', () => {
  it('a second branch of one transaction, and a commit of what is not prepared, are mistakes', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const both = await Promise.all([codeOf(enlist(participant, tx)), codeOf(enlist(participant, tx))]);
    expect(both).toEqual(['resolved', 'ALREADY_ENLISTED']);
    expect(await codeOf(participant.commit(tx))).toBe('NOT_PREPARED');
    await participant.prepare(tx);
    await participant.rollback(tx);
  });

  it('a rollback that comes during the prepare waits for it and undoes it', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    await put(await enlist(participant, tx), 'a', 'one');
    const preparing = codeOf(participant.prepare(tx));
    await participant.rollback(tx);
    expect(await preparing).toBe('resolved');
    expect(await bank.preparedIdentifiers()).toEqual([]);
  });

  it('before open and after close, calls say so', async () => {
    const participant = new PostgreSqlParticipant({ name: 'bank', connectionString: server.connectionString('bank') });
    expect(await codeOf(participant.inDoubt())).toBe('POSTGRESQL_CLOSED');
    await participant.open({ coordinator: 'tests', environment: nodeEnvironment() });
    expect(await participant.inDoubt()).toEqual([]);
    await participant.close();
    await participant.close();
    expect(await codeOf(enlist(participant, newTransaction()))).toBe('POSTGRESQL_CLOSED');
  });
});

describe('what the operator gets wrong', () => {
  const opening = (options: object) => {
    const participant = new PostgreSqlParticipant({
      name: 'bank',
      unavailableTimeoutMs: 200,
      connection: { ...bank.connection, ...options },
    });
    return participant.open({ coordinator: 'tests', environment: nodeEnvironment() }).catch((error: unknown) => error);
  };

  it('in the options is named by field', () => {
    const make = (options: object) => () => new PostgreSqlParticipant({ name: 'bank', ...options });
    expect(make({})).toThrow(InvalidInputError);
    expect(make({})).toThrow(/either connection or connectionString[\s\S]*connection/);
    expect(make({ connection: bank.connection, maxConections: 3 })).toThrow(/maxConections/);
    expect(make({ connection: { ...bank.connection, port: 0 } })).toThrow(/connection\.port/);
    expect(make({ name: 'a b', connection: bank.connection })).toThrow(/name/);
    expect(make({ connectionString: 'mysql://localhost/x' })).toThrow(/connectionString/);
  });

  it('in the address, the password or the database is said at open, without the password', async () => {
    const wrongPort = await opening({ port: 1 });
    expect(wrongPort).toMatchObject({ code: 'POSTGRESQL_UNAVAILABLE', kind: 'retryable' });
    expect(String(wrongPort)).toContain('Start the server, or correct host and port');
    const wrongPassword = await opening({ password: 'Tr0ub4dor' });
    expect(wrongPassword).toMatchObject({ code: 'POSTGRESQL_UNAVAILABLE', kind: 'terminal' });
    expect(String(wrongPassword)).toContain('Correct the user or the password');
    expect(String(wrongPassword)).not.toContain('Tr0ub4dor');
    expect(String(await opening({ database: 'nowhere' }))).toContain('Create the database');
  });
});
