import { z } from 'zod';
import { DEFAULT_MAX_LOG_BYTES, DEFAULT_MAX_UNFLUSHED_BYTES, FileLog } from '../log/file-log.ts';
import { makeLogDirectory } from '../log/log-directory.ts';
import { CrossboundError, InvalidInputError, type LogPoisonedError } from '../protocol/errors.ts';
import { ParticipantName } from '../protocol/identifiers.ts';
import { encodeRecord, type ParticipantRecord } from '../protocol/log-record.ts';
import type { ParticipantContext } from '../runtime/participant.ts';
import { type BranchLog, KeyValueParticipant, type OpenedStore } from './key-value/key-value-participant.ts';
import { decodeJournal } from './key-value/recover-journal.ts';

/** The configuration of a {@link UserspaceJournal}. */
export const UserspaceJournalOptions = z.strictObject({
  name: ParticipantName,
  /** Created where missing. Holds `journal.log` and `lock`; one journal a directory. */
  directory: z.string().min(1),
  /** From this size of the file on, new branches are refused with the code `LOG_FULL`; outcomes are still taken. */
  maxLogBytes: z.int().min(1).max(DEFAULT_MAX_LOG_BYTES).default(DEFAULT_MAX_LOG_BYTES),
  /** Bound on what waits for the disk; branches that prepare wait for room. */
  maxUnflushedBytes: z.int().min(1).max(DEFAULT_MAX_LOG_BYTES).default(DEFAULT_MAX_UNFLUSHED_BYTES),
});
export type UserspaceJournalOptions = z.input<typeof UserspaceJournalOptions>;

/**
 * A durable key-value store inside this process: its state is in memory, and a journal of it in a file. One process at a time
 * uses a directory, under a lock.
 *
 * Crash guarantee: what `prepare` and `commit` acknowledged is found again, prepared branches with their locks; work that was not
 * prepared is gone. An abort is not forced: after a crash its branch may be in doubt again, and its coordinator says abort
 * again. A write or flush that fails (a full disk) poisons the journal: everything rejects with `LogPoisonedError` until it is opened anew.
 *
 * The whole state must fit in memory, and the journal is not compacted: it grows with every transaction, and is read whole at `open`.
 *
 * Records: `Prepared` (ReceivePrepare), `Committed` (ReceiveCommit), `Aborted` (ReceiveAbort, RefusePrepare); their flush is FlushParticipant.
 */
export class UserspaceJournal extends KeyValueParticipant {
  readonly #options: z.output<typeof UserspaceJournalOptions>;

  /** @throws InvalidInputError that names the field. */
  constructor(options: UserspaceJournalOptions) {
    const parsed = UserspaceJournalOptions.safeParse(options);
    if (!parsed.success)
      throw new InvalidInputError(`Invalid options of a userspace journal:\n${z.prettifyError(parsed.error)}`, { cause: parsed.error });
    super(parsed.data.name);
    this.#options = parsed.data;
  }

  protected override async openStore({ environment }: ParticipantContext): Promise<OpenedStore> {
    const { directory, maxLogBytes, maxUnflushedBytes } = this.#options;
    await makeLogDirectory(environment.files, directory);
    const lock = await environment.files.lock(`${directory}/lock`);
    try {
      const limits = { maxLogBytes, maxUnflushedBytes };
      const { log, content } = await FileLog.open(`${directory}/journal.log`, environment, decodeJournal, limits);
      const { committed, prepared } = content;
      return { committed, prepared, log: new JournalLog(log, () => lock.release()) };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }
}

class JournalLog implements BranchLog {
  readonly #log: FileLog;
  readonly #release: () => Promise<void>;

  constructor(log: FileLog, release: () => Promise<void>) {
    this.#log = log;
    this.#release = release;
  }

  get failure(): LogPoisonedError | undefined {
    return this.#log.failure;
  }

  async append(record: ParticipantRecord, { forced }: { forced: boolean }): Promise<void> {
    if (record.type === 'Prepared' && this.#log.isFull) {
      throw new CrossboundError(
        'LOG_FULL',
        'terminal',
        `the journal ${this.#log.path} has reached its bound (maxLogBytes). Raise it, or copy the entries to a new journal.`,
      );
    }
    const payload = encodeRecord(record);
    const position = await this.#log.whenRoom(payload.length, () => this.#log.append(payload));
    if (forced) await this.#log.flushed(position);
  }

  async close(): Promise<void> {
    try {
      await this.#log.close();
    } finally {
      await this.#release();
    }
  }
}
