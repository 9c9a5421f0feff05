import type { DecisionLog, DecisionLogObserver } from '../log/decision-log.ts';
import { CrossboundError, FencedError } from '../protocol/errors.ts';
import type { CoordinatorRecord, DecisionRecord } from '../protocol/log-record.ts';
import { ignore } from './deadline.ts';

/** Codes of errors after which the record is certainly not in the log, and never will be. */
const NOT_APPENDED = new Set(['LOG_FULL', 'LOG_OVERLOADED', 'LOG_FAILED']);

/** Whether a failed append has certainly left nothing behind. Any other failure leaves the outcome open until the log is opened again. */
export function isNotAppended(error: unknown): boolean {
  return error instanceof FencedError || (error instanceof CrossboundError && NOT_APPENDED.has(error.code));
}

interface Waiting {
  readonly record: DecisionRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Whom the writer tells about the log. */
export interface DecisionWriterEvents {
  /** An `End` has become durable. */
  endFlushed(tx: string): void;
  /** The log has failed, or belongs to somebody else: nothing more is appended. Told once. */
  failed(error: unknown): void;
}

/**
 * Appends decisions under the owner's epoch and compare-and-set on the head. To know the head, it gives the log one
 * record at a time until that has its place, which is not until it is durable: flushes are still shared.
 *
 * Its queue holds at most two records for each live transaction.
 */
export class DecisionWriter {
  readonly #log: DecisionLog;
  readonly #events: DecisionWriterEvents;
  readonly #queue: Waiting[] = [];
  /** Appended `End` records that are not yet known to be durable, by position. */
  readonly #ends = new Map<number, string>();
  #epoch = 0;
  #head = 0;
  #isPlacing = false;
  #isPumping = false;
  #failure: CrossboundError | undefined;

  constructor(log: DecisionLog, events: DecisionWriterEvents) {
    this.#log = log;
    this.#events = events;
  }

  /** This owner's, once the log is open. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Why nothing more can be decided, once that is so. */
  get failure(): CrossboundError | undefined {
    return this.#failure;
  }

  /**
   * Takes ownership of the log; returns the records found and the new epoch.
   *
   * @param mayBegin - and `incarnation`: as those of {@link DecisionLog.open}.
   */
  async open(
    owner: string,
    mayBegin: () => Promise<void>,
    incarnation: string,
  ): Promise<{ epoch: number; records: readonly CoordinatorRecord[] }> {
    const observer: DecisionLogObserver = {
      appended: (position, record) => this.#placed(position, record),
      flushed: (position) => this.#flushed(position),
    };
    const { epoch, head, records } = await this.#log.open(owner, observer, mayBegin, incarnation);
    this.#epoch = epoch;
    this.#head = head;
    return { epoch, records };
  }

  /** Resolves for a `Commit` when it is durable, for an `End` when it has its place. See {@link isNotAppended} for what a rejection means. */
  append(record: DecisionRecord): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, resolve, reject });
      this.#pump();
    });
  }

  /** A loop, not a recursion: where the log has room, `#placed` is called before `#append` returns. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#isPlacing) {
      const next = this.#queue.shift();
      if (!next) break;
      this.#isPlacing = true;
      this.#append(next).catch(ignore);
    }
    this.#isPumping = false;
  }

  async #append({ record, resolve, reject }: Waiting): Promise<void> {
    const headBefore = this.#head;
    try {
      const terms = { epoch: this.#epoch, expectedHead: headBefore, forced: record.type === 'Commit' };
      const position = await this.#log.append(record, terms);
      if (this.#head === headBefore) this.#placed(position, record);
      resolve();
    } catch (error) {
      // First all others learn that the log is gone, so that none of them is begun in between.
      if (!(error instanceof CrossboundError && NOT_APPENDED.has(error.code))) this.#fail(error);
      reject(error);
      if (this.#head === headBefore && this.#isPlacing) this.#next();
    }
  }

  #placed(position: number, record: CoordinatorRecord): void {
    this.#head = position;
    if (record.type === 'End') this.#ends.set(position, record.tx);
    this.#next();
  }

  #next(): void {
    this.#isPlacing = false;
    this.#pump();
  }

  #flushed(position: number): void {
    for (const [at, tx] of this.#ends) {
      if (at > position) return;
      this.#ends.delete(at);
      this.#events.endFlushed(tx);
    }
  }

  #fail(cause: unknown): void {
    if (this.#failure) return;
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The decision log takes no more decisions: ${why} Start the manager again; recovery ends what is in doubt.`;
    this.#failure = new CrossboundError('LOG_FAILED', 'terminal', message, { cause });
    for (const { reject } of this.#queue.splice(0)) reject(this.#failure);
    this.#events.failed(this.#failure);
  }
}
