/**
 * Method: a real PostgreSQL server, whose sessions are ended, whose processes are killed with SIGKILL, and whose network (a
 * proxy) loses or delays chosen requests: once in every phase. What must hold afterwards is read beside the participant.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgresServer } from '../../src/cli/demo/postgres-server.ts';
import type { PostgreSqlParticipant } from '../../src/participants/postgresql.ts';
import { PrepareRefusedError } from '../../src/protocol/errors.ts';
import { enlist, newTransaction, PostgresBank, put } from '../support/postgres-bank.ts';
import { TcpProxy, type Verdict } from '../support/tcp-proxy.ts';

/** For what happens by itself soon, also on a machine that is busy with other tests. */
const PATIENCE = { timeout: 10_000, interval: 10 };

let server: PostgresServer;
let bank: PostgresBank;

beforeAll(async () => {
  server = await startPostgresServer();
  bank = await PostgresBank.create(server, 'bank');
});

afterEach(() => bank.clean());

afterAll(async () => {
  await bank.dispose();
  await server.close();
});

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

async function preparedBranch(participant: PostgreSqlParticipant, key: string, value: string): Promise<string> {
  const tx = newTransaction();
  await put(await enlist(participant, tx), key, value);
  await participant.prepare(tx);
  return tx;
}

/** Makes `PREPARE TRANSACTION` take seconds: a constraint that is checked only then sleeps. */
async function withSlowPrepare(body: () => Promise<void>): Promise<void> {
  await bank.sql(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'`);
  await bank.sql(
    `CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()`,
  );
  try {
    await body();
  } finally {
    await bank.sql('DROP FUNCTION dawdle() CASCADE');
  }
}

/** Makes every commit wait, its prepared transaction busy, for a replica that does not exist, until `body` has resolved; then for what it returned. */
async function withCommitsThatHang(body: () => Promise<Promise<unknown>[]>): Promise<void> {
  const hanging: Promise<unknown>[] = [];
  await bank.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  try {
    await bank.sql('SELECT pg_reload_conf()');
    // The setting takes effect some time after it can be read: when the first commit is seen to hang.
    const probe = async () => {
      hanging.push(bank.sql("INSERT INTO entries VALUES (gen_random_uuid()::text, 'probe')"));
      await sleep(20);
      return bank.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    };
    await expect.poll(probe, PATIENCE).toHaveLength(1);
    hanging.push(...(await body()));
  } finally {
    await bank.sql('ALTER SYSTEM RESET synchronous_standby_names');
    await bank.sql('SELECT pg_reload_conf()');
  }
  await Promise.all(hanging);
}

describe('a session that is ended on the server', () => {
  it('before the first statement: the statement fails, the prepare is refused, the next transaction works', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    expect(await bank.terminate()).toBeGreaterThan(0);
    expect(await failureOf(put(handle, 'a', 'one'))).toBeInstanceOf(Error);
    expect(await failureOf(participant.prepare(tx))).toBeInstanceOf(PrepareRefusedError);
    await participant.commit(await preparedBranch(participant, 'a', 'two'));
    expect(await bank.value('a')).toBe('two');
  });

  it('during a statement: the server says why, the prepare is refused as retryable', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    const handle = await enlist(participant, tx);
    await put(handle, 'a', 'one');
    const sleeping = failureOf(handle.query('SELECT pg_sleep(3)'));
    await expect.poll(() => bank.terminate("query LIKE '%pg_sleep%'"), PATIENCE).toBe(1);
    expect(await sleeping).toMatchObject({ code: '57P01' });
    expect(await failureOf(participant.prepare(tx))).toMatchObject({ code: 'PREPARE_REFUSED', kind: 'retryable' });
    expect(await bank.value('a')).toBeUndefined();
  });

  it('between the work and the prepare: refused as retryable', async () => {
    const participant = await bank.open();
    const tx = newTransaction();
    await put(await enlist(participant, tx), 'a', 'one');
    await bank.terminate();
    await sleep(50);
    expect(await failureOf(participant.prepare(tx))).toMatchObject({ code: 'PREPARE_REFUSED', kind: 'retryable' });
    expect(await participant.inDoubt()).toEqual([]);
  });

  it('during the prepare: unknown, and then certain', async () => {
    await withSlowPrepare(async () => {
      const participant = await bank.open();
      const tx = newTransaction();
      await put(await enlist(participant, tx), 'a', 'one');
      const preparing = failureOf(participant.prepare(tx));
      await expect.poll(() => bank.terminate("query LIKE 'PREPARE%'"), PATIENCE).toBe(1);
      const failure = await preparing;
      expect(failure).toBeInstanceOf(Error);
      expect(failure).not.toBeInstanceOf(PrepareRefusedError);
      expect(await participant.inDoubt()).toEqual([]);
      await participant.rollback(tx);
    });
  });

  it('between the prepare and the commit: nobody notices', async () => {
    const participant = await bank.open();
    const tx = await preparedBranch(participant, 'a', 'one');
    await bank.terminate();
    await participant.commit(tx);
    expect(await bank.value('a')).toBe('one');
  });

  it('at any moment, over and over: each transaction has one outcome, the one that was answered', async () => {
    const participant = await bank.open();
    let isOver = false;
    const attacker = (async () => {
      while (!isOver) {
        await bank.terminate('random() < 0.5');
        await sleep(7);
      }
    })();
    const outcomes = new Map<string, 'committed' | 'rolled back'>();
    const work = async (key: string) => {
      const tx = newTransaction();
      try {
        const handle = await enlist(participant, tx);
        await put(handle, `${key}/debit`, tx);
        await put(handle, `${key}/credit`, tx);
        await participant.prepare(tx);
      } catch {
        await participant.rollback(tx);
        outcomes.set(key, 'rolled back');
        return;
      }
      await participant.commit(tx);
      outcomes.set(key, 'committed');
    };
    for (let round = 0; round < 15; round += 1) {
      await Promise.all([0, 1, 2, 3, 4, 5].map((lane) => work(`${round}/${lane}`)));
    }
    isOver = true;
    await attacker;
    expect(await participant.inDoubt()).toEqual([]);
    for (const [key, outcome] of outcomes) {
      const halves = [await bank.value(`${key}/debit`), await bank.value(`${key}/credit`)];
      expect(
        halves.every((half) => (half !== undefined) === (outcome === 'committed')),
        `${key} ${outcome}`,
      ).toBe(true);
    }
    expect(new Set(outcomes.values()).size).toBe(2);
  });
});

describe('a server that is killed with SIGKILL', () => {
  it('between prepare and commit: the branch is found after the restart and committed', async () => {
    const participant = await bank.open();
    const tx = await preparedBranch(participant, 'a', 'one');
    await participant.ping();
    await server.kill();
    expect(await failureOf(participant.ping())).toBeInstanceOf(Error);
    await server.start();
    await expect.poll(() => failureOf(participant.ping()), PATIENCE).toBeUndefined();
    expect(await participant.inDoubt()).toEqual([tx]);
    await participant.commit(tx);
    expect(await bank.value('a')).toBe('one');
  });

  it('while a second phase waits for it: the commit is done as soon as the server is back', async () => {
    const participant = await bank.open();
    const tx = await preparedBranch(participant, 'a', 'one');
    await server.kill();
    const committing = participant.commit(tx);
    await server.start();
    await committing;
    expect(await bank.value('a')).toBe('one');
  });

  it('and stays away: calls give up in the configured time, and can be made again', async () => {
    const participant = await bank.open('tests', { unavailableTimeoutMs: 300 });
    const tx = await preparedBranch(participant, 'a', 'one');
    const open = newTransaction();
    await put(await enlist(participant, open), 'b', 'one');
    await server.kill();
    const begun = performance.now();
    expect(await failureOf(participant.commit(tx))).toBeInstanceOf(Error);
    expect(await failureOf(participant.inDoubt())).toBeInstanceOf(Error);
    expect(await failureOf(participant.prepare(open))).toBeInstanceOf(Error);
    expect(await failureOf(enlist(participant, newTransaction(), { timeoutMs: 300 }))).toMatchObject({ code: 'POSTGRESQL_UNAVAILABLE' });
    expect(performance.now() - begun).toBeLessThan(8_000);
    await server.start();
    await participant.rollback(open);
    await participant.commit(tx);
    expect([await bank.value('a'), await bank.value('b')]).toEqual(['one', undefined]);
  });
});

describe('a second phase that another session is in the middle of', () => {
  it('is tried again until that one has done it', async () => {
    const participant = await bank.open();
    const tx = await preparedBranch(participant, 'a', 'one');
    const [identifier] = await bank.preparedIdentifiers();
    await withCommitsThatHang(async () => {
      const elsewhere = bank.sql(`COMMIT PREPARED '${identifier}'`);
      await expect
        .poll(() => bank.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE 'COMMIT%'"), PATIENCE)
        .toHaveLength(1);
      const committing = participant.commit(tx);
      await sleep(100);
      return [elsewhere, committing];
    });
    expect(await bank.value('a')).toBe('one');
  });
});

describe('a network that fails at PREPARE TRANSACTION', () => {
  const withProxy = async (body: (proxy: TcpProxy) => Promise<void>) => {
    const proxy = await TcpProxy.start(server.port);
    try {
      await body(proxy);
    } finally {
      await proxy.close();
    }
  };
  const judgePrepare = (verdict: Verdict) => (request: Buffer) => (request.includes('PREPARE TRANSACTION') ? verdict : 'forward');
  const through = (proxy: TcpProxy) => ({ connection: { ...bank.connection, port: proxy.port } });

  it('after it was done: the answer is unknown, the branch is found in doubt and can be committed', async () => {
    await withProxy(async (proxy) => {
      const participant = await bank.open('tests', through(proxy));
      const tx = newTransaction();
      await put(await enlist(participant, tx), 'a', 'one');
      proxy.judge = judgePrepare('lose-the-answer');
      const failure = await failureOf(participant.prepare(tx));
      expect(failure).toBeInstanceOf(Error);
      expect(failure).not.toBeInstanceOf(PrepareRefusedError);
      expect(await participant.inDoubt()).toEqual([tx]);
      await participant.commit(tx);
      expect(await bank.value('a')).toBe('one');
      await participant.close();
    });
  });

  // Without ending the session, the server would prepare after the rollback was answered, and keep the locks for ever.
  it.each(['inDoubt', 'rollback'] as const)(
    'and delivers it late: after %s was answered, it is not prepared any more',
    async (question) => {
      await withProxy(async (proxy) => {
        const participant = await bank.open('tests', through(proxy));
        const tx = newTransaction();
        await put(await enlist(participant, tx), 'a', 'one');
        proxy.judge = judgePrepare('cut-and-forward-later');
        proxy.delayMs = 400;
        expect(await failureOf(participant.prepare(tx))).not.toBeInstanceOf(PrepareRefusedError);
        if (question === 'rollback') await participant.rollback(tx);
        else expect(await participant.inDoubt()).toEqual([]);
        await sleep(600);
        expect(await bank.preparedIdentifiers()).toEqual([]);
        await participant.close();
      });
    },
  );

  it('and delivers it after our process has died: who opens next is sure that nothing comes any more', async () => {
    await withProxy(async (proxy) => {
      const dead = await bank.open('tests', through(proxy));
      const tx = newTransaction();
      await put(await enlist(dead, tx), 'a', 'one');
      proxy.judge = judgePrepare('cut-and-forward-later');
      proxy.delayMs = 600;
      await failureOf(dead.prepare(tx));
      const next = await bank.open('tests');
      expect(await next.inDoubt()).toEqual([]);
      await sleep(800);
      expect(await bank.preparedIdentifiers()).toEqual([]);
    });
  });

  it('an abort while the branch begins leaves no branch and no connection taken', async () => {
    await withProxy(async (proxy) => {
      const participant = await bank.open('tests', { ...through(proxy), maxConnections: 1 });
      const abort = new AbortController();
      proxy.judge = (request) => {
        if (request.includes('BEGIN')) abort.abort(new Error('too late'));
        return 'forward';
      };
      expect(await failureOf(enlist(participant, newTransaction(), { signal: abort.signal }))).toMatchObject({ message: 'too late' });
      await enlist(participant, newTransaction());
      await participant.close();
    });
  });

  it('the sessions of another coordinator, or of another participant, are left alone at open', async () => {
    const neighbours = [await bank.open('tests2'), await bank.open('tests', { name: 'bank2' })];
    const handles = await Promise.all(neighbours.map((neighbour) => enlist(neighbour, newTransaction())));
    await bank.open('tests');
    for (const handle of handles) expect((await handle.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
