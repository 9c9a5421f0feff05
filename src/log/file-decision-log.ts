import type { Environment, FileLock } from '../protocol/environment.ts';
import { CrossboundError, FencedError, InvalidInputError } from '../protocol/errors.ts';
import { type CoordinatorRecord, type DecisionRecord, EpochRecord, encodeRecord } from '../protocol/log-record.ts';
import type { AppendTerms, DecisionLog, DecisionLogObserver, OpenedDecisionLog } from './decision-log.ts';
import { type DecodedDecisionLog, decodeDecisionLog } from './decode-decision-log.ts';
import { FileLog, type FileLogOptions } from './file-log.ts';
import { makeLogDirectory } from './log-directory.ts';

/** Where {@link FileDecisionLog} keeps its files. */
export interface FileDecisionLogOptions extends Pick<FileLogOptions, 'maxUnflushedBytes' | 'maxLogBytes'> {
  /** Created where missing. Holds `decisions.log` and `lock`; one coordinator a directory. */
  readonly directory: string;
}

interface Ownership {
  readonly epoch: number;
  readonly log: FileLog;
  readonly lock: FileLock;
  readonly observer: DecisionLogObserver;
}

/**
 * The embedded decision log: one file in a locked directory. Other processes are kept out by the lock, which a dead owner
 * cannot hold; the epoch fences what a former owner in this process may still try.
 *
 * The file is not compacted: it grows by some 150 bytes a transaction, and from `maxLogBytes` on commits are refused
 * with the code `LOG_FULL`, while the ends of running ones are still taken.
 */
export class FileDecisionLog implements DecisionLog {
  readonly #environment: Pick<Environment, 'files'>;
  readonly #options: FileDecisionLogOptions;
  #ownership: Ownership | undefined;

  constructor(environment: Pick<Environment, 'files'>, options: FileDecisionLogOptions) {
    this.#environment = environment;
    this.#options = options;
  }

  async open(
    owner: string,
    observer: DecisionLogObserver = {},
    mayBegin?: () => Promise<void>,
    incarnation?: string,
  ): Promise<OpenedDecisionLog> {
    const { directory, ...limits } = this.#options;
    const { files } = this.#environment;
    await makeLogDirectory(files, directory);
    const lock = await files.lock(`${directory}/lock`);
    try {
      const onFlushed = (position: number) => observer.flushed?.(position);
      const { log, content } = await FileLog.open(`${directory}/decisions.log`, this.#environment, decodeOwned(owner), {
        ...limits,
        onFlushed,
      });
      try {
        if (content.epoch === 0) await mayBegin?.();
        const epoch = content.epoch + 1;
        const record = epochRecord(epoch, owner, incarnation);
        const head = appendObserved(log, observer, record, encodeRecord(record));
        await log.flushed(head);
        this.#ownership = { epoch, log, lock, observer };
        return { epoch, head, records: [...content.records, record] };
      } catch (error) {
        await log.close().catch(() => undefined);
        throw error;
      }
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async append(record: DecisionRecord, terms: AppendTerms): Promise<number> {
    const { log, observer } = this.#owned(terms.epoch);
    const payload = encodeRecord(record);
    const position = await log.whenRoom(payload.length, () => {
      // Both may have changed while this record waited for room.
      this.#owned(terms.epoch);
      this.#assertMayAppend(record, log, terms);
      return appendObserved(log, observer, record, payload);
    });
    if (terms.forced ?? true) await log.flushed(position);
    return position;
  }

  async close(): Promise<void> {
    const ownership = this.#ownership;
    this.#ownership = undefined;
    if (!ownership) return;
    try {
      await ownership.log.close();
    } finally {
      await ownership.lock.release();
    }
  }

  #owned(epoch: number): Ownership {
    const ownership = this.#ownership;
    if (ownership?.epoch === epoch) return ownership;
    throw new FencedError(
      `Epoch ${epoch} no longer owns the decision log in ${this.#options.directory}: ${
        ownership ? `epoch ${ownership.epoch} does` : 'it was closed'
      }. Nothing was appended.`,
    );
  }

  #assertMayAppend(record: DecisionRecord, log: FileLog, terms: AppendTerms): void {
    if (terms.expectedHead !== undefined && terms.expectedHead !== log.head) {
      throw new FencedError(`The decision log has ${log.head} records where ${terms.expectedHead} were expected. Nothing was appended.`);
    }
    if (record.type === 'Commit' && log.isFull) {
      throw new CrossboundError(
        'LOG_FULL',
        'terminal',
        `The decision log ${log.path} has reached its bound and takes no more commits. When nothing is in doubt any more, stop, move the file away, and start again.`,
      );
    }
  }
}

/** Decodes, and refuses before anything is written what another coordinator has begun: its stores would not know the new one. */
function decodeOwned(owner: string): (bytes: Uint8Array, path: string) => DecodedDecisionLog {
  return (bytes, path) => {
    const content = decodeDecisionLog(bytes, path);
    const first = content.records.find((record) => record.type === 'Epoch');
    if (first === undefined || first.owner === owner) return content;
    throw new CrossboundError(
      'LOG_OF_ANOTHER_COORDINATOR',
      'terminal',
      `The decision log ${path} belongs to the coordinator "${first.owner}", and this one is named "${owner}". Nothing was changed. Start it as "${first.owner}", under which the stores know its transactions, or give "${owner}" another directory.`,
    );
  };
}

function epochRecord(epoch: number, owner: string, incarnation: string | undefined): CoordinatorRecord {
  const parsed = EpochRecord.safeParse({ type: 'Epoch', epoch, owner, ...(incarnation === undefined ? {} : { incarnation }) });
  if (!parsed.success) {
    throw new InvalidInputError(
      'The owner of a decision log is named by 1 to 200 characters, and its incarnation is 1 to 32 hexadecimal digits.',
      { cause: parsed.error },
    );
  }
  return parsed.data;
}

function appendObserved(log: FileLog, observer: DecisionLogObserver, record: CoordinatorRecord, payload: Uint8Array): number {
  const position = log.append(payload);
  observer.appended?.(position, record);
  return position;
}
