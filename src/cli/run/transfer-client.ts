import { setTimeout as sleep } from 'node:timers/promises';
import type { AcknowledgementFile } from './acknowledgement-file.ts';
import { ConnectionLostError, type CoordinatorConnection } from './coordinator-connection.ts';
import type { ClientStatistics, TransferReply } from './process-messages.ts';
import type { Transfer } from './workload.ts';

/** For one transfer to get its outcome, kills and restarts of coordinator and databases included. */
const TRANSFER_DEADLINE_MS = 120_000;
/** Attempts that were rolled back for a passing reason, before the transfer counts as aborted. */
const MAX_ATTEMPTS = 50;
const FIRST_DELAY_MS = 5;
const MAX_DELAY_MS = 200;

/** Asks for every transfer until it has a definite outcome, and records that before it counts. */
export class TransferClient {
  readonly #connection: CoordinatorConnection;
  readonly #file: AcknowledgementFile;
  readonly statistics: ClientStatistics = {
    retries: 0,
    unknown: 0,
    resolved: { committed: 0, aborted: 0 },
    foundCommitted: 0,
    replyMs: [],
    transferMs: [],
  };
  #acknowledged = 0;

  constructor(connection: CoordinatorConnection, file: AcknowledgementFile) {
    this.#connection = connection;
    this.#file = file;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Makes all transfers, `inFlight` at a time, begun in their order. */
  async run(transfers: readonly Transfer[], inFlight: number): Promise<void> {
    const waiting = transfers.values();
    const work = async (): Promise<void> => {
      for (const transfer of waiting) await this.#settle(transfer);
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, transfers.length) }, work));
  }

  async #settle(transfer: Transfer): Promise<void> {
    const startedMs = performance.now();
    let wasUnknown = false;
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.#ask(transfer);
      if (reply === undefined || reply.outcome === 'unknown') {
        wasUnknown = true;
        this.statistics.unknown += 1;
      } else if (isDefinite(reply, wasUnknown, attempt)) {
        await this.#acknowledge(transfer, reply, wasUnknown);
        this.statistics.transferMs.push(performance.now() - startedMs);
        return;
      }
      if (performance.now() - startedMs > TRANSFER_DEADLINE_MS) {
        throw new Error(`Transfer ${transfer.id} has no outcome after ${TRANSFER_DEADLINE_MS} ms and ${attempt} attempts.`);
      }
      this.statistics.retries += 1;
      // Not after a lost connection: the next one is waited for anyhow.
      if (reply !== undefined) await sleep(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10)));
    }
  }

  /** Resolves with nothing where the connection was lost. */
  async #ask(transfer: Transfer): Promise<TransferReply | undefined> {
    const askedMs = performance.now();
    try {
      const reply = await this.#connection.ask(transfer);
      this.statistics.replyMs.push(performance.now() - askedMs);
      return reply;
    } catch (error) {
      if (error instanceof ConnectionLostError) return undefined;
      throw error;
    }
  }

  async #acknowledge(transfer: Transfer, { outcome, tx, reason, isRepeated }: TransferReply, wasUnknown: boolean): Promise<void> {
    if (outcome === 'unknown') throw new Error('only a definite outcome is acknowledged');
    await this.#file.record({ transfer: transfer.id, outcome, tx, isRepeated, ...(reason === undefined ? {} : { reason }) });
    this.#acknowledged += 1;
    if (wasUnknown) this.statistics.resolved[outcome] += 1;
    if (isRepeated) this.statistics.foundCommitted += 1;
  }
}

/**
 * A commit is. An abort is where another attempt would not help, unless an earlier attempt may have committed: then only one
 * that has set the transfer's mark first proves that none has.
 */
function isDefinite({ outcome, isRetryable, wasFirst }: TransferReply, wasUnknown: boolean, attempt: number): boolean {
  if (outcome === 'committed') return true;
  return (!isRetryable || attempt >= MAX_ATTEMPTS) && (wasFirst || !wasUnknown);
}
