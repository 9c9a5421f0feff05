import type { KeyValueHandle } from '../../src/participants/key-value/key-value-view.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import { CrossboundError } from '../../src/protocol/errors.ts';
import type { Participant } from '../../src/runtime/participant.ts';
import { errorReply, type StoreCall, type StoreReply, type StoreRequest } from './store-message.ts';

/** Work that nobody prepares or rolls back for so long is given up: its coordinator may never have heard that it began. */
const WORK_LEASE_MS = 20_000;

/** A branch that is not prepared. */
interface Work {
  readonly handle: KeyValueHandle;
  readonly end: () => void;
  preparing: Promise<unknown> | undefined;
}

/** Calls that a copy of their message must not repeat; the others may be repeated, and are. */
const ONCE = new Set<StoreCall['name']>(['enlist', 'get', 'getForUpdate', 'put', 'delete', 'entries']);

/**
 * The process of a store: takes the calls of its coordinator off the network and hands them to the participant.
 *
 * Only the newest connection is served. A new session of the coordinator ends the work that the one before had not prepared, and
 * gets its connection when what was being prepared is so or never will be: what `inDoubt` says then stays true.
 */
export class StoreServer {
  readonly #participant: Participant<KeyValueHandle>;
  readonly #environment: Environment;
  readonly #incarnation: number;
  readonly #work = new Map<string, Work>();
  readonly #never = new AbortController().signal;
  #answers = new Map<number, Promise<unknown>>();
  #session = 0;
  /** The end of what the session before has left. */
  #ending: Promise<unknown> = Promise.resolve();

  constructor(participant: Participant<KeyValueHandle>, environment: Environment, incarnation: number) {
    this.#participant = participant;
    this.#environment = environment;
    this.#incarnation = incarnation;
  }

  async receive({ connection, id, call }: StoreRequest): Promise<StoreReply> {
    try {
      if (call.name === 'connect') return { ok: true, value: await this.#connect(call.session) };
      if (connection !== this.#connection) throw new CrossboundError('NOT_CONNECTED', 'retryable', 'This connection is over.');
      if (!ONCE.has(call.name)) return { ok: true, value: await this.#perform(call) };
      const answer = this.#answers.get(id) ?? this.#perform(call);
      this.#answers.set(id, answer);
      return { ok: true, value: await answer };
    } catch (error) {
      return errorReply(error);
    }
  }

  get #connection(): string {
    return `${this.#incarnation}-${this.#session}`;
  }

  async #connect(session: number): Promise<string> {
    if (session < this.#session) throw new CrossboundError('FENCED', 'terminal', 'A newer coordinator is connected.');
    if (session > this.#session) {
      this.#session = session;
      this.#answers = new Map();
      this.#ending = Promise.all([...this.#work].map(([tx, work]) => this.#endWork(tx, work)));
    }
    await this.#ending;
    return this.#connection;
  }

  async #endWork(tx: string, { preparing }: Work): Promise<void> {
    if (preparing === undefined) await this.#rollback(tx);
    else await preparing.catch(() => undefined);
  }

  #perform(call: StoreCall): Promise<unknown> {
    switch (call.name) {
      case 'enlist':
        return this.#enlist(call.tx, call.timeoutMs);
      case 'get':
      case 'getForUpdate':
      case 'delete':
        return this.#handle(call.tx)[call.name](call.key);
      case 'put':
        return this.#handle(call.tx).put(call.key, call.value);
      case 'entries':
        return this.#handle(call.tx).entries(call.prefix);
      case 'prepare':
        return this.#prepare(call.tx);
      case 'commit':
        return this.#participant.commit(call.tx);
      case 'rollback':
        return this.#rollback(call.tx);
      case 'inDoubt':
        return this.#participant.inDoubt();
      case 'connect':
        throw new RangeError('a connection does not come through a connection');
    }
  }

  async #enlist(tx: string, timeoutMs: number): Promise<void> {
    const handle = await this.#participant.enlist(tx, { timeoutMs, signal: this.#never });
    const end = this.#environment.setTimer(WORK_LEASE_MS, () => {
      if (this.#work.get(tx)?.preparing === undefined) this.#rollback(tx).catch(() => undefined);
    });
    this.#work.set(tx, { handle, end, preparing: undefined });
  }

  #handle(tx: string): KeyValueHandle {
    const work = this.#work.get(tx);
    if (work) return work.handle;
    throw new CrossboundError('BRANCH_ENDED', 'retryable', `There is no work of ${tx} here any more.`);
  }

  async #prepare(tx: string): Promise<void> {
    const work = this.#work.get(tx);
    const preparing = this.#participant.prepare(tx);
    if (work) work.preparing = preparing;
    try {
      await preparing;
    } finally {
      this.#forget(tx);
    }
  }

  async #rollback(tx: string): Promise<void> {
    await this.#participant.rollback(tx);
    this.#forget(tx);
  }

  #forget(tx: string): void {
    this.#work.get(tx)?.end();
    this.#work.delete(tx);
  }
}
