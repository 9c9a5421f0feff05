import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLines } from './json-lines.ts';
import { TransferReply } from './process-messages.ts';
import type { Transfer } from './workload.ts';

/** How long a coordinator may be away before the client gives up: its restart, with recovery from a database that restarts too. */
const RECONNECT_DEADLINE_MS = 60_000;
const RECONNECT_INTERVAL_MS = 10;

/** The connection ended while an outcome was awaited: it may be either. */
export class ConnectionLostError extends Error {}

/** Requests to the coordinator, over a connection that is made again when it is lost. */
export class CoordinatorConnection {
  readonly #path: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<TransferReply>>();
  #socket: Promise<Socket> | undefined;
  #lastRequest = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Resolves with the reply to one request.
   *
   * @throws ConnectionLostError when nobody knows what became of it.
   */
  async ask(transfer: Transfer): Promise<TransferReply> {
    this.#socket ??= this.#connect();
    const socket = await this.#socket;
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    const reply = Promise.withResolvers<TransferReply>();
    this.#waiting.set(request, reply);
    // A socket that is gone tells so by its `close`, which comes later than this.
    if (socket.destroyed) this.#lost();
    else socket.write(`${JSON.stringify({ request, transfer })}\n`);
    return reply.promise;
  }

  close(): void {
    void this.#socket?.then((socket) => socket.destroy());
  }

  async #connect(): Promise<Socket> {
    const deadline = performance.now() + RECONNECT_DEADLINE_MS;
    for (;;) {
      const socket = await connected(this.#path);
      if (socket !== undefined) return this.#listenTo(socket);
      if (performance.now() > deadline) throw new Error(`The coordinator was away for more than ${RECONNECT_DEADLINE_MS} ms.`);
      await sleep(RECONNECT_INTERVAL_MS);
    }
  }

  #listenTo(socket: Socket): Socket {
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#lost());
    const onChunk = jsonLines((value) => {
      const reply = TransferReply.parse(value);
      this.#waiting.get(reply.request)?.resolve(reply);
      this.#waiting.delete(reply.request);
    });
    // A last line that the kill has torn never ends, and is never parsed.
    socket.on('data', (chunk) => onChunk(String(chunk)));
    return socket;
  }

  #lost(): void {
    this.#socket = undefined;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const reply of lost) reply.reject(new ConnectionLostError('the connection to the coordinator was lost'));
  }
}

function connected(path: string): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = createConnection(path);
  const refused = (): void => resolve(undefined);
  socket.once('error', refused);
  socket.once('connect', () => {
    socket.off('error', refused);
    resolve(socket);
  });
  return promise;
}
