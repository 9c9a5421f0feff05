import pg from 'pg';
import { CrossboundError, PrepareRefusedError } from '../../protocol/errors.ts';
import type { EnlistOptions } from '../../runtime/participant.ts';
import type { Connection } from './connection.ts';
import type { ConnectionPools } from './connection-pools.ts';
import type { PostgreSqlSettings } from './options.ts';
import { isDefiniteRefusal, isWorthRepeating } from './sql-state.ts';

/** What one statement returned. Types are those of `pg`: a `bigint` or `numeric` comes as a string, so that no digit is lost. */
export interface SqlResult<Row> {
  readonly rows: readonly Row[];
  /** Rows that were returned, inserted, updated or deleted; 0 for statements that count none. */
  readonly rowCount: number;
}

/** The work of one transaction in one PostgreSQL database. */
export interface SqlHandle {
  /**
   * Runs one statement (two in one text are a syntax error) after those that were asked for earlier. Values stand for `$1`, `$2` ...
   *
   * The server's errors come as they are (`pg.DatabaseError`, with the SQLSTATE in `code`). As always in PostgreSQL, the transaction is
   * lost with the first one, unless a savepoint was made before. The transaction's end is the manager's: `COMMIT`, `ROLLBACK` and their like are refused.
   */
  query<Row extends Record<string, unknown> = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>>;
}

/** Statements of one branch that wait for each other; more at a time are a mistake in a loop. */
const MAX_WAITING_STATEMENTS = 1_000;
/** What the client waits longer than the server's own time-out, for the answer's way, in milliseconds. */
const GRACE_MS = 1_000;

const LEADING_SPACE_AND_COMMENTS = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;
const TRANSACTION_CONTROL =
  /^(?:begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b/i;

/**
 * One transaction's session, from `BEGIN` until it is prepared or rolled back.
 */
export class Branch implements SqlHandle {
  readonly #connection: Connection;
  readonly #pools: ConnectionPools;
  readonly #signal: AbortSignal;
  readonly #answerTimeoutMs: number;
  readonly #onAbort = () => void this.#stop();
  /** The last statement asked for; the next one waits for it. */
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isRunning = false;
  #isOver = false;
  #isRolledBack = false;
  /** The first error since the last statement that succeeded. */
  #failure: unknown;
  /** Set for good where a statement ended the transaction behind the manager's back. */
  #endedBySql: CrossboundError | undefined;

  private constructor(connection: Connection, pools: ConnectionPools, options: EnlistOptions) {
    this.#connection = connection;
    this.#pools = pools;
    this.#signal = options.signal;
    this.#answerTimeoutMs = statementTimeoutMs(options) + GRACE_MS;
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Begins the transaction, with a bound for each of its waits: no database sees a deadlock that crosses two. */
  static async begin(
    connection: Connection,
    pools: ConnectionPools,
    settings: PostgreSqlSettings,
    options: EnlistOptions,
  ): Promise<Branch> {
    const lockTimeoutMs = Math.ceil(options.timeoutMs);
    const idleTimeoutMs = Math.max(settings.idleTransactionTimeoutMs, lockTimeoutMs);
    const text = `BEGIN ISOLATION LEVEL ${settings.isolation};
      SET LOCAL lock_timeout = ${lockTimeoutMs};
      SET LOCAL statement_timeout = ${statementTimeoutMs(options)};
      SET LOCAL idle_in_transaction_session_timeout = ${idleTimeoutMs}`;
    try {
      await connection.run(text, statementTimeoutMs(options) + GRACE_MS);
      return new Branch(connection, pools, options);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** The session on the server. */
  get connection(): Connection {
    return this.#connection;
  }

  async query<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<SqlResult<Row>> {
    if (this.#isOver) throw branchEnded();
    if (TRANSACTION_CONTROL.test(text.replace(LEADING_SPACE_AND_COMMENTS, ''))) throw endsTransaction(text);
    if (this.#waiting >= MAX_WAITING_STATEMENTS) {
      throw new CrossboundError(
        'TOO_MANY_STATEMENTS',
        'terminal',
        `${MAX_WAITING_STATEMENTS} statements wait in this transaction; await some first.`,
      );
    }
    this.#waiting += 1;
    const result = this.#last.then(() => this.#run<Row>(text, values));
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await result;
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * Prepares the transaction under `identifier`, after the statements asked for so far. It resolves only on PostgreSQL's word
   * that it is prepared, and durable with that.
   *
   * @throws PrepareRefusedError when it certainly is not. Any other error leaves that open until the session is gone.
   */
  async prepare(identifier: string): Promise<void> {
    this.#isOver = true;
    await this.#last;
    this.#signal.removeEventListener('abort', this.#onAbort);
    const { lostBecause } = this.#connection;
    if (lostBecause !== undefined) {
      this.#connection.destroy();
      throw refused(`the connection was lost before (${lostBecause.message})`, this.#failure ?? lostBecause, 'retryable');
    }
    if (this.#endedBySql !== undefined) {
      await this.#rollBack();
      throw refused(this.#endedBySql.message, this.#endedBySql, 'terminal');
    }
    let tag: string;
    try {
      const result = await this.#connection.run(`PREPARE TRANSACTION ${pg.escapeLiteral(identifier)}`, this.#answerTimeoutMs);
      tag = result.command;
    } catch (error) {
      if (!isDefiniteRefusal(error)) {
        this.#connection.destroy();
        throw error;
      }
      await this.#rollBack();
      throw refused(messageOf(error), error, isWorthRepeating(error) ? 'retryable' : 'terminal');
    }
    void this.#connection.recycle();
    // In a transaction that has failed, PREPARE TRANSACTION is a ROLLBACK and no error: the tag alone tells.
    if (tag !== 'PREPARE') {
      const kind = this.#failure !== undefined && isWorthRepeating(this.#failure) ? 'retryable' : 'terminal';
      throw refused(`a statement had failed before (${messageOf(this.#failure)})`, this.#failure, kind);
    }
  }

  /** Rolls back what was not prepared, and interrupts the statement under way. Never rejects: a session that is gone has rolled back. */
  async rollback(): Promise<void> {
    this.#isOver = true;
    this.#isRolledBack = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    await this.#stop();
    await this.#rollBack();
  }

  async #rollBack(): Promise<void> {
    try {
      await this.#connection.run('ROLLBACK');
      void this.#connection.recycle();
    } catch {
      this.#connection.destroy();
    }
  }

  async #run<Row extends Record<string, unknown>>(text: string, values: readonly unknown[]): Promise<SqlResult<Row>> {
    this.#signal.throwIfAborted();
    // Outside of the transaction it would take effect by itself.
    if (this.#endedBySql !== undefined) throw this.#endedBySql;
    if (this.#isRolledBack) throw branchEnded();
    this.#isRunning = true;
    try {
      const { rows, rowCount, command } = await this.#connection.query<Row>(text, values, this.#answerTimeoutMs);
      if (command === 'COMMIT' || this.#connection.transactionStatus !== 'T') {
        this.#endedBySql = endsTransaction(text);
        throw this.#endedBySql;
      }
      this.#failure = undefined;
      return { rows, rowCount: rowCount ?? 0 };
    } catch (error) {
      this.#failure ??= error;
      this.#signal.throwIfAborted();
      throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Ends the session on the server, so that its locks are free now and not when it notices that nobody listens. */
  async #stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#connection.destroy();
    await this.#pools.endBackend(this.#connection.facts).catch(() => undefined);
  }
}

/** Above the lock time-out, so that a lock is reported as such and not as a slow statement, in milliseconds. */
function statementTimeoutMs(options: EnlistOptions): number {
  return Math.ceil(options.timeoutMs) * 2;
}

function refused(why: string, cause: unknown, kind: 'retryable' | 'terminal'): PrepareRefusedError {
  return new PrepareRefusedError(`PostgreSQL did not prepare the transaction: ${why}`, { cause, kind });
}

function branchEnded(): CrossboundError {
  return new CrossboundError('BRANCH_ENDED', 'terminal', 'This transaction is being ended; its handle takes no more statements.');
}

function endsTransaction(text: string): CrossboundError {
  const message = `The transaction manager alone ends this transaction; take this out of the work inside it: ${text.trim().slice(0, 80)}`;
  return new CrossboundError('TRANSACTION_CONTROL', 'terminal', message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error ?? 'unknown');
}
