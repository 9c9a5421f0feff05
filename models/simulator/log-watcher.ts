import { DurableLog, type DurableRecord } from './durable-log.ts';
import type { SimulatedWorld } from './simulated-world.ts';

const DECISIONS = '/decisions.log';
const JOURNAL = '/journal.log';

/** Reads what reaches the disks, log by log, and tells the oracle each record as soon as it is durable. */
export class LogWatcher {
  readonly #world: SimulatedWorld;
  readonly #journals: ReadonlySet<string>;
  readonly #logs = new Map<string, DurableLog>();

  /** @param journals - the stores that keep one, in the directory of their name. */
  constructor(world: SimulatedWorld, journals: Iterable<string>) {
    this.#world = world;
    this.#journals = new Set(journals);
  }

  flushed(path: string, durable: Uint8Array): void {
    const tell = this.#listener(path);
    if (tell === undefined) return;
    for (const record of this.#log(path).advance(durable)) tell(record);
  }

  survived(path: string, durable: Uint8Array): void {
    const tell = this.#listener(path);
    if (tell === undefined) return;
    if (!this.#log(path).isKept(durable)) this.#world.report('DecisionIsStable', `${path} has lost records that had been flushed`);
    for (const record of this.#log(path).advance(durable)) tell(record);
  }

  /** What a journal's durable records amount to, by the spec's rule: a prepared branch counts when its last record says committed. */
  contentsOf(store: string): ReadonlyMap<string, string> | undefined {
    if (!this.#journals.has(store)) return undefined;
    const contents = new Map<string, string>();
    const prepared = new Map<string, DurableRecord>();
    for (const record of this.#log(`${store}${JOURNAL}`).records) {
      if (record.tx === undefined) continue;
      if (record.type === 'Prepared') prepared.set(record.tx, record);
      else if (record.type === 'Committed') {
        for (const [key, value] of prepared.get(record.tx)?.payload?.writes ?? []) {
          if (value === null) contents.delete(key);
          else contents.set(key, value);
        }
      }
    }
    return contents;
  }

  #listener(path: string): ((record: DurableRecord) => void) | undefined {
    if (path.endsWith(DECISIONS)) return (record) => this.#world.oracle.coordinatorRecord(record);
    const store = path.endsWith(JOURNAL) ? path.slice(0, -JOURNAL.length) : undefined;
    if (store === undefined || !this.#journals.has(store)) return undefined;
    return (record) => this.#world.oracle.storeRecord(store, record);
  }

  #log(path: string): DurableLog {
    const log = this.#logs.get(path) ?? new DurableLog();
    this.#logs.set(path, log);
    return log;
  }
}
