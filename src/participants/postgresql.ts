import pg from 'pg';
import { CrossboundError, PrepareRefusedError } from '../protocol/errors.ts';
import { TransactionId } from '../protocol/identifiers.ts';
import type { EnlistOptions, Participant, ParticipantContext } from '../runtime/participant.ts';
import { Branch, type SqlHandle } from './postgresql/branch.ts';
import type { Backend, Connection } from './postgresql/connection.ts';
import { ConnectionPools } from './postgresql/connection-pools.ts';
import { type PostgreSqlOptions, type PostgreSqlSettings, parsePostgreSqlOptions } from './postgresql/options.ts';
import { identifierPrefix, preparedIdentifier, transactionOf } from './postgresql/prepared-identifier.ts';
import { INSUFFICIENT_PRIVILEGE, isTransientAtCompletion, sqlState, UNDEFINED_OBJECT } from './postgresql/sql-state.ts';

export type { SqlHandle, SqlResult } from './postgresql/branch.ts';
export { PostgreSqlOptions } from './postgresql/options.ts';

/** What an operator does about the errors that repeat at every attempt to connect, by SQLSTATE. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'Correct the user or the password.',
  '28000': 'Give the user access: check its name, pg_hba.conf and whether TLS ("ssl") is required.',
  '3D000': 'Create the database, or correct its name.',
  [INSUFFICIENT_PRIVILEGE]: 'Grant the user CONNECT on the database.',
};

interface OpenState {
  readonly pools: ConnectionPools;
  /** The start of the identifiers of this participant's prepared transactions. */
  readonly prefix: string;
}

/**
 * A PostgreSQL database (13 or newer) as a participant, by `PREPARE TRANSACTION`. The server needs `max_prepared_transactions` above zero,
 * at least as many as transactions run at once; see docs/guides/postgresql.md for this and for the privileges.
 *
 * Use it through `transaction`'s `enlist`, which gives a {@link SqlHandle}. A branch holds one connection until it is
 * prepared. Its waits for locks end after the transaction's time-out, because no database sees a deadlock
 * that crosses two.
 *
 * Crash guarantee: what `prepare` answered is in the server's write-ahead log (with its `fsync` and
 * `synchronous_commit` on, as they are by default) and is found again under its identifier. Only identifiers of this coordinator and
 * participant, in this database, are listed or decided.
 *
 * Spec: ReceivePrepare and FlushParticipant are `PREPARE TRANSACTION`; ReceiveCommit with its flush is `COMMIT
 * PREPARED`, ReceiveAbort `ROLLBACK PREPARED`; RecoverParticipant is the server's recovery, read through `inDoubt`.
 */
export class PostgreSqlParticipant implements Participant<SqlHandle> {
  readonly name: string;
  readonly #settings: PostgreSqlSettings;
  #open: OpenState | undefined;
  readonly #branches = new Map<string, Branch>();
  /** Transactions that wait for a connection. */
  readonly #enlisting = new Set<string>();
  /** First phases under way: the second one waits for their end. */
  readonly #preparing = new Map<string, Promise<void>>();
  /** Sessions that may still be about to prepare, after an answer that did not come. */
  readonly #unsettled = new Map<string, Backend>();

  /** @throws InvalidInputError that names each field at fault. */
  constructor(options: PostgreSqlOptions) {
    this.#settings = parsePostgreSqlOptions(options);
    this.name = this.#settings.name;
  }

  /**
   * Connects, and ends what sessions a dead process of the same coordinator has left: one of them may be in the middle
   * of `PREPARE TRANSACTION`, and finish it after {@link inDoubt} was answered.
   *
   * @throws CrossboundError `POSTGRESQL_UNAVAILABLE`, retryable where the server cannot be reached.
   */
  async open(context: ParticipantContext): Promise<void> {
    if (this.#open !== undefined)
      throw new CrossboundError('POSTGRESQL_OPEN', 'terminal', `The participant "${this.name}" is open already.`);
    const prefix = identifierPrefix(context.coordinator, this.name);
    const pools = new ConnectionPools(this.#settings, context.environment, context.coordinator);
    try {
      await pools.endForeignSessions();
    } catch (error) {
      await pools.close().catch(() => undefined);
      throw this.#unavailable(pools.target, error);
    }
    this.#open = { pools, prefix };
  }

  /**
   * Takes a connection and begins.
   *
   * @throws CrossboundError `PREPARED_TRANSACTIONS_DISABLED` or `STANDBY_SERVER`: this server could never prepare;
   * `POSTGRESQL_BUSY` or `POSTGRESQL_UNAVAILABLE`: later it may.
   */
  async enlist(transaction: string, options: EnlistOptions): Promise<SqlHandle> {
    const { pools } = this.#state();
    const id = TransactionId.parse(transaction);
    if (this.#branches.has(id) || this.#enlisting.has(id))
      throw new CrossboundError('ALREADY_ENLISTED', 'terminal', `Transaction ${id} has a branch in "${this.name}" already.`);
    this.#enlisting.add(id);
    try {
      const branch = await this.#begin(pools, options);
      this.#branches.set(id, branch);
      // The transaction ended, or close() was called, while this one had no branch yet that could have been told.
      if (options.signal.aborted || this.#open === undefined) {
        await this.rollback(id);
        options.signal.throwIfAborted();
        this.#state();
      }
      return { query: (text, values) => branch.query(text, values) };
    } finally {
      this.#enlisting.delete(id);
    }
  }

  async prepare(transaction: string): Promise<void> {
    const { prefix } = this.#state();
    const branch = this.#branches.get(transaction);
    if (branch === undefined) return this.#prepareAgain(transaction);
    this.#branches.delete(transaction);
    const preparing = branch.prepare(preparedIdentifier(prefix, transaction)).catch((error: unknown) => {
      if (!(error instanceof PrepareRefusedError)) this.#unsettled.set(transaction, branch.connection.facts);
      throw error;
    });
    this.#preparing.set(transaction, preparing);
    try {
      await preparing;
    } finally {
      this.#preparing.delete(transaction);
    }
  }

  async commit(transaction: string): Promise<void> {
    if (this.#branches.has(transaction)) {
      throw new CrossboundError(
        'NOT_PREPARED',
        'terminal',
        `Transaction ${transaction} is not prepared in "${this.name}"; prepare it before commit.`,
      );
    }
    await this.#finish('COMMIT PREPARED', transaction);
  }

  async rollback(transaction: string): Promise<void> {
    const branch = this.#branches.get(transaction);
    if (branch === undefined) return this.#finish('ROLLBACK PREPARED', transaction);
    this.#branches.delete(transaction);
    await branch.rollback();
  }

  async inDoubt(): Promise<readonly string[]> {
    const { pools, prefix } = this.#state();
    await Promise.allSettled(this.#preparing.values());
    await Promise.all([...this.#unsettled.keys()].map((transaction) => this.#settle(transaction)));
    const { rows } = await pools.complete((connection) =>
      connection.query<{ gid: string }>(
        'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1) ORDER BY prepared',
        [prefix],
      ),
    );
    return rows.flatMap(({ gid }) => transactionOf(prefix, gid) ?? []);
  }

  /** Asks the server for nothing, over a connection of the second pool. */
  async ping(): Promise<void> {
    const { pools } = this.#state();
    await pools.complete(
      (connection) => connection.run('SELECT 1'),
      () => false,
    );
  }

  /** Rolls back what is not prepared and closes the connections; waits for those in use, up to five seconds. */
  async close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const branches = [...this.#branches.values()];
    this.#branches.clear();
    await Promise.all(branches.map((branch) => branch.rollback()));
    await open.pools.close();
  }

  #state(): OpenState {
    if (this.#open === undefined) throw new CrossboundError('POSTGRESQL_CLOSED', 'terminal', `The participant "${this.name}" is not open.`);
    return this.#open;
  }

  async #begin(pools: ConnectionPools, options: EnlistOptions): Promise<Branch> {
    let connection: Connection;
    try {
      connection = await pools.takeForWork(options.timeoutMs, options.signal);
    } catch (error) {
      if (options.signal.aborted || error instanceof CrossboundError) throw error;
      throw this.#unavailable(pools.target, error);
    }
    this.#refuseUnable(connection, pools.target);
    return Branch.begin(connection, pools, this.#settings, options);
  }

  /** What is said again, perhaps after a restart, gets the same vote: a refusal would say that nothing remains. */
  async #prepareAgain(transaction: string): Promise<void> {
    const preparing = this.#preparing.get(transaction);
    if (preparing !== undefined) return preparing;
    if ((await this.inDoubt()).includes(transaction)) return;
    throw new PrepareRefusedError(
      `"${this.name}" knows no unprepared branch of transaction ${transaction}; a lost connection or a restart has ended it.`,
    );
  }

  /** The second phase. That the prepared transaction is not there means that an earlier attempt has done it. */
  async #finish(command: 'COMMIT PREPARED' | 'ROLLBACK PREPARED', transaction: string): Promise<void> {
    const { pools, prefix } = this.#state();
    const identifier = preparedIdentifier(prefix, transaction);
    await this.#preparing.get(transaction)?.catch(() => undefined);
    await this.#settle(transaction);
    await pools.complete(async (connection) => {
      try {
        await connection.run(`${command} ${pg.escapeLiteral(identifier)}`);
      } catch (error) {
        if (sqlState(error) === INSUFFICIENT_PRIVILEGE) throw this.#notOwner(identifier, pools.target, error);
        if (sqlState(error) !== UNDEFINED_OBJECT) throw error;
      }
    }, isTransientAtCompletion);
  }

  /** Makes certain that a first phase without an answer has either happened or never will. */
  async #settle(transaction: string): Promise<void> {
    const backend = this.#unsettled.get(transaction);
    if (backend === undefined) return;
    await this.#state().pools.endBackend(backend);
    this.#unsettled.delete(transaction);
  }

  #refuseUnable(connection: Connection, target: string): void {
    const { maxPreparedTransactions, isStandby } = connection.facts;
    if (maxPreparedTransactions > 0 && !isStandby) return;
    connection.release();
    if (isStandby)
      throw new CrossboundError(
        'STANDBY_SERVER',
        'terminal',
        `${target} is a standby, which cannot prepare transactions. Connect "${this.name}" to the primary.`,
      );
    throw new CrossboundError(
      'PREPARED_TRANSACTIONS_DISABLED',
      'terminal',
      `${target} has max_prepared_transactions = 0 and cannot prepare transactions. ` +
        'Set it in postgresql.conf to at least the number of transactions that run at once (such as max_connections), and restart the server.',
    );
  }

  #notOwner(identifier: string, target: string, cause: unknown): CrossboundError {
    const message =
      `${target} may not finish the prepared transaction ${identifier}: only the user who prepared it and superusers may. ` +
      `Let "${this.name}" connect as the owner that pg_prepared_xacts shows.`;
    return new CrossboundError('POSTGRESQL_NOT_OWNER', 'terminal', message, { cause });
  }

  #unavailable(target: string, cause: unknown): CrossboundError {
    const advice = ADVICE[sqlState(cause) ?? ''];
    const message = cause instanceof Error ? cause.message || String(cause) : String(cause);
    return new CrossboundError(
      'POSTGRESQL_UNAVAILABLE',
      advice === undefined ? 'retryable' : 'terminal',
      `The participant "${this.name}" cannot use ${target}: ${message}. ${advice ?? 'Start the server, or correct host and port.'}`,
      { cause },
    );
  }
}
