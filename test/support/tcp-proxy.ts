import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to a piece of what the client sends. */
export type Verdict = 'forward' | 'lose-the-answer' | 'cut-and-forward-later';

/** A network between a client and a server on this machine that a test can let fail at a chosen request. */
export class TcpProxy {
  readonly port: number;
  /** Judges each piece that a client sends; it is set by the test. */
  judge: (request: Buffer) => Verdict = () => 'forward';
  /** How long `cut-and-forward-later` keeps the request back, in milliseconds. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the system gave no port');
    const proxy = new TcpProxy(server, address.port);
    server.on('connection', (client) => proxy.#join(client, connect(targetPort, '127.0.0.1')));
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    let isCut = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('close', () => {
      if (!isCut) server.destroy();
    });
    server.on('close', () => client.destroy());
    server.on('data', (answer) => {
      // It has answered, so it has done what it was told.
      if (isCut) client.destroy();
      else client.write(answer);
    });
    client.on('data', (request) => {
      const verdict = this.judge(request);
      if (verdict === 'forward') {
        server.write(request);
        return;
      }
      isCut = true;
      if (verdict === 'lose-the-answer') {
        server.write(request);
        return;
      }
      // The connection to the server stays open meanwhile, as that of a router with a full queue would.
      client.destroy();
      setTimeout(() => server.write(request), this.delayMs);
    });
  }
}
