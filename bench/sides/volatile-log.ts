import type { AppendTerms, DecisionLog, DecisionLogObserver, OpenedDecisionLog } from '../../src/log/decision-log.ts';
import type { CoordinatorRecord, DecisionRecord } from '../../src/protocol/log-record.ts';

/** A decision log that forgets with the process, as the volatile stores of others do: what is left of a commit without a disk. */
export class VolatileLog implements DecisionLog {
  #observer: DecisionLogObserver = {};
  #head = 0;

  async open(
    owner: string,
    observer: DecisionLogObserver = {},
    mayBegin?: () => Promise<void>,
    incarnation?: string,
  ): Promise<OpenedDecisionLog> {
    await mayBegin?.();
    this.#observer = observer;
    this.#head = 1;
    const record: CoordinatorRecord = { type: 'Epoch', epoch: 1, owner, ...(incarnation === undefined ? {} : { incarnation }) };
    return { epoch: 1, head: 1, records: [record] };
  }

  append(record: DecisionRecord, { forced = true }: AppendTerms): Promise<number> {
    this.#head += 1;
    this.#observer.appended?.(this.#head, record);
    if (forced) this.#observer.flushed?.(this.#head);
    return Promise.resolve(this.#head);
  }

  async close(): Promise<void> {}
}
