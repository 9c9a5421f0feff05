import type pg from 'pg';
import type { Environment } from '../../protocol/environment.ts';
import { CrossboundError } from '../../protocol/errors.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import { endsSession } from './sql-state.ts';

/** Names one server process for ever: process numbers are used again, together with the moment of their start they are not. */
export interface Backend {
  readonly pid: number;
  readonly startedAt: string;
}

/** What does not change as long as a connection lives: each of these settings takes a restart of the server. */
interface ServerFacts extends Backend {
  readonly maxPreparedTransactions: number;
  readonly isStandby: boolean;
}

const FACTS = `
  SELECT pid, extract(epoch FROM backend_start)::text AS "startedAt",
         current_setting('max_prepared_transactions')::int AS "maxPreparedTransactions",
         pg_is_in_recovery() AS "isStandby"
    FROM pg_stat_activity WHERE pid = pg_backend_pid()`;

/** For statements that only clean up or look around; the server answers them at once or not at all, in milliseconds. */
const HOUSEKEEPING_TIMEOUT_MS = 5_000;

const factsOf = new WeakMap<pg.PoolClient, ServerFacts>();

/** One connection, taken from the pool until {@link recycle} or {@link destroy}. Every statement has a deadline. */
export class Connection {
  readonly facts: ServerFacts;
  readonly #client: pg.PoolClient;
  readonly #environment: Environment;
  #isTaken = true;
  #lostBecause: Error | undefined;
  readonly #onLost = (error?: Error) => {
    this.#lostBecause ??= error ?? new Error('Connection terminated unexpectedly');
  };

  private constructor(client: pg.PoolClient, environment: Environment, facts: ServerFacts) {
    this.#client = client;
    this.#environment = environment;
    this.facts = facts;
    client.once('error', this.#onLost);
    client.once('end', this.#onLost);
  }

  /** Asks a new connection what server it reached; the pool gets it back destroyed if that fails. */
  static async take(client: pg.PoolClient, environment: Environment): Promise<Connection> {
    const known = factsOf.get(client);
    if (known !== undefined) return new Connection(client, environment, known);
    try {
      const asked = client.query<ServerFacts>(FACTS);
      const { rows } = await withDeadline(environment, HOUSEKEEPING_TIMEOUT_MS, asked, noAnswer);
      const [facts] = rows;
      if (facts === undefined)
        throw new CrossboundError('POSTGRESQL_HIDDEN_SESSION', 'terminal', 'pg_stat_activity does not show the own session.');
      factsOf.set(client, facts);
      return new Connection(client, environment, facts);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Why it is broken, if it is known to be: no statement can reach the server through it any more. */
  get lostBecause(): Error | undefined {
    return this.#lostBecause;
  }

  /** `T` in a transaction, `E` in a failed one, `I` in none; valid after a statement that succeeded. */
  get transactionStatus(): string | null {
    return this.#client.getTransactionStatus();
  }

  /** Runs one statement without values, or several in one text. The result is that of the last one. */
  async run(text: string, timeoutMs = HOUSEKEEPING_TIMEOUT_MS): Promise<pg.QueryResult> {
    const result: pg.QueryResult | pg.QueryResult[] = await this.#bounded(() => this.#client.query(text), timeoutMs);
    const last = Array.isArray(result) ? result.at(-1) : result;
    if (last === undefined) throw new Error('the server answered without a result');
    return last;
  }

  /** Runs exactly one statement: more in one text are a syntax error. */
  query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[],
    timeoutMs = HOUSEKEEPING_TIMEOUT_MS,
  ): Promise<pg.QueryResult<Row>> {
    const query: pg.QueryConfig & { queryMode: 'extended' } = { text, values: [...values], queryMode: 'extended' };
    return this.#bounded(() => this.#client.query<Row>(query), timeoutMs);
  }

  /** Gives it back for the next transaction, with no setting, advisory lock or temporary table of this one left. */
  async recycle(): Promise<void> {
    try {
      await this.run('DISCARD ALL');
    } catch {
      this.destroy();
    }
    this.release();
  }

  /** Gives it back as it is. */
  release(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#client.off('error', this.#onLost);
    this.#client.off('end', this.#onLost);
    this.#client.release(this.#lostBecause !== undefined);
  }

  /** Closes it. The server ends the session as soon as it notices, which it does not while it works on a statement. */
  destroy(): void {
    this.#onLost(new Error('the connection was closed by Crossbound'));
    this.release();
  }

  async #bounded<Result>(ask: () => Promise<Result>, timeoutMs: number): Promise<Result> {
    // After it was given back, it may be another transaction's.
    if (!this.#isTaken) throw noAnswer();
    try {
      return await withDeadline(this.#environment, timeoutMs, ask(), noAnswer);
    } catch (error) {
      // The server says so before it closes the socket; until then, the connection looks as good as any.
      if (endsSession(error)) this.#onLost(error);
      if (error instanceof CrossboundError) this.destroy();
      throw error;
    }
  }
}

function noAnswer(): CrossboundError {
  return new CrossboundError('POSTGRESQL_NO_ANSWER', 'retryable', 'PostgreSQL did not answer in time, or the connection was closed.');
}
