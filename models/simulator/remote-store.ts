import type { KeyValueHandle } from '../../src/participants/key-value/key-value-view.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import { CrossboundError, InvalidInputError } from '../../src/protocol/errors.ts';
import type { EnlistOptions, Participant, ParticipantContext } from '../../src/runtime/participant.ts';
import { receivedError, type StoreCall, type StoreReply, type StoreRequest } from './store-message.ts';

/** For an answer of a store that does not wait for a lock, in milliseconds. */
const CALL_TIMEOUT_MS = 1_500;

/** Carries a request to the store's process and its reply back, or not. */
export type SendRequest = (request: StoreRequest, reply: (reply: StoreReply) => void) => void;

/**
 * A store in another process, as its coordinator sees it: each call is a message that may get lost, and what has no answer in time
 * is unknown. What belongs to a connection that the store has given up, by a restart of either side, it no longer serves.
 */
export class RemoteStore implements Participant<KeyValueHandle> {
  readonly name: string;
  readonly #send: SendRequest;
  readonly #session: number;
  #context: ParticipantContext | undefined;
  #connection = 'none';
  #connecting: Promise<void> | undefined;
  #requests = 0;

  /** @param session - grows with each life of the coordinator. */
  constructor(name: string, session: number, send: SendRequest) {
    this.name = name;
    this.#session = session;
    this.#send = send;
  }

  async open(context: ParticipantContext): Promise<void> {
    this.#context = context;
    await this.#connect();
  }

  async enlist(tx: string, { timeoutMs }: EnlistOptions): Promise<KeyValueHandle> {
    await this.#call({ name: 'enlist', tx, timeoutMs });
    const waitMs = timeoutMs + CALL_TIMEOUT_MS;
    const read = (name: 'get' | 'getForUpdate') => async (key: string) => optionalText(await this.#call({ name, tx, key }, waitMs));
    return {
      get: read('get'),
      getForUpdate: read('getForUpdate'),
      put: async (key, value) => this.#order({ name: 'put', tx, key, value }, waitMs),
      delete: async (key) => this.#order({ name: 'delete', tx, key }, waitMs),
      entries: async (prefix = '') => pairs(await this.#call({ name: 'entries', tx, prefix }, waitMs)),
    };
  }

  prepare(tx: string): Promise<void> {
    return this.#order({ name: 'prepare', tx });
  }

  commit(tx: string): Promise<void> {
    return this.#order({ name: 'commit', tx });
  }

  rollback(tx: string): Promise<void> {
    return this.#order({ name: 'rollback', tx });
  }

  async inDoubt(): Promise<readonly string[]> {
    const answer = await this.#call({ name: 'inDoubt' });
    if (Array.isArray(answer)) return answer.map(String);
    throw new InvalidInputError(`${this.name} answered with something else than a list.`);
  }

  async close(): Promise<void> {}

  async #order(call: StoreCall, timeoutMs?: number): Promise<void> {
    await this.#call(call, timeoutMs);
  }

  /** After a restart of the store nothing works before there is a new connection; meanwhile calls fail, and are repeated by who may. */
  async #call(call: StoreCall, timeoutMs = CALL_TIMEOUT_MS): Promise<unknown> {
    try {
      return await this.#request(call, timeoutMs);
    } catch (error) {
      if (error instanceof CrossboundError && error.code === 'NOT_CONNECTED') this.#connect().catch(() => undefined);
      throw error;
    }
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#requestConnection().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #requestConnection(): Promise<void> {
    const { coordinator } = this.#opened();
    const connection = await this.#request({ name: 'connect', coordinator, session: this.#session }, CALL_TIMEOUT_MS);
    this.#connection = String(connection);
  }

  #request(call: StoreCall, timeoutMs: number): Promise<unknown> {
    const { environment } = this.#opened();
    this.#requests += 1;
    const request = { connection: this.#connection, id: this.#requests, call };
    return new Promise((resolve, reject) => {
      const late = () => reject(new CrossboundError('STORE_SILENT', 'retryable', `${this.name} did not answer within ${timeoutMs} ms.`));
      const cancel = environment.setTimer(timeoutMs, late);
      this.#send(request, (reply) => {
        cancel();
        if (reply.ok) resolve(reply.value);
        else reject(receivedError(reply.error));
      });
    });
  }

  #opened(): { readonly environment: Environment; readonly coordinator: string } {
    if (this.#context) return this.#context;
    throw new CrossboundError('NOT_OPEN', 'terminal', `${this.name} is not open.`);
  }
}

function optionalText(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}

function pairs(value: unknown): readonly (readonly [string, string])[] {
  return Array.isArray(value) ? value.map(([key, text]) => [String(key), String(text)] as const) : [];
}
