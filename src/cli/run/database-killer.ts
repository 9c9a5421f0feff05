import { setTimeout as sleep } from 'node:timers/promises';
import { CrossboundError } from '../../protocol/errors.ts';
import type { PostgresServer } from '../demo/postgres-server.ts';
import type { DatabaseKill } from './run-report.ts';

/** How long the server stays down: long enough for transactions to meet it. */
const DOWN_MS = 100;

/** Kills a database server and starts it again, each time that a further part of the work is done. */
export class DatabaseKiller {
  readonly kills: DatabaseKill[] = [];
  /** Rejects when the server did not come back. */
  readonly failed: Promise<never>;
  readonly #failed = Promise.withResolvers<never>();
  readonly #server: PostgresServer;
  readonly #startedMs: number;
  /** Numbers of finished transfers at which it strikes. */
  readonly #moments: number[];
  #striking: Promise<void> | undefined;

  /** @param kills - spread evenly over the work. */
  constructor(server: PostgresServer, kills: number, transfers: number, startedMs: number) {
    this.#server = server;
    this.#startedMs = startedMs;
    this.failed = this.#failed.promise;
    this.failed.catch(() => undefined);
    this.#moments = Array.from({ length: kills }, (_, index) => Math.floor((transfers * (index + 0.5)) / kills));
  }

  /** So many transfers are finished. */
  progress(finished: number): void {
    const [next] = this.#moments;
    if (this.#striking !== undefined || next === undefined || finished < next) return;
    this.#moments.shift();
    this.#striking = this.#strike()
      .catch((error: unknown) => this.#failed.reject(error))
      .finally(() => {
        this.#striking = undefined;
      });
  }

  /** Resolves when the server is up again. */
  async done(): Promise<void> {
    await this.#striking;
  }

  async #strike(): Promise<void> {
    const killedMs = performance.now();
    await this.#server.kill();
    await sleep(DOWN_MS);
    try {
      await this.#server.start();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CrossboundError('POSTGRESQL_NOT_STARTED', 'terminal', `PostgreSQL did not come back after it was killed: ${why}`, {
        cause,
      });
    }
    this.kills.push({ atMs: killedMs - this.#startedMs, downMs: performance.now() - killedMs });
  }
}
