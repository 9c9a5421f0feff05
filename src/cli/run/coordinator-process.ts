/**
 * The coordinator of a run: a process of its own, so that it can be killed. It makes each transfer that the client asks for in
 * one transaction, and answers only when that has its outcome. At the point that its settings name it ends itself with SIGKILL.
 */

import { rm } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import type { TraceRecord } from '../../protocol/recorded-run.ts';
import { createCrossbound } from '../../runtime/create-crossbound.ts';
import type { Crossbound } from '../../runtime/crossbound.ts';
import { openTraceFile } from '../../runtime/node-trace-file.ts';
import { answerTransfer } from './answer-transfer.ts';
import { jsonLines } from './json-lines.ts';
import { KillSwitch } from './kill-switch.ts';
import { type CoordinatorNews, CoordinatorSettings, STOP, TransferRequest } from './process-messages.ts';
import { type RunStores, runStores } from './run-stores.ts';

/** Short: a lock that a crash has left is held until recovery has gone round, which takes milliseconds. */
const LOCK_MS = 2_000;

const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();

process.on('message', (message) => {
  if (message === STOP) stop();
  else run(CoordinatorSettings.parse(message)).catch(fail);
});
// A full disk, say, that a trace meets in the middle of a step: the supervisor tells the user, and needs no stack for it.
process.on('uncaughtException', fail);
// The supervisor is gone, and nobody will want to know.
process.once('disconnect', () => process.exit(0));

async function run(settings: CoordinatorSettings): Promise<void> {
  const stores = runStores(settings.stores);
  const killSwitch = settings.kill === undefined ? undefined : new KillSwitch(settings.kill);
  const trace = openTraceFile(settings.traceFile);
  const found = new Findings();
  const crossbound = await createCrossbound({
    name: settings.name,
    directory: settings.directory,
    participants: [...stores.banks.values()].map(({ participant }) => participant),
    timeouts: { lockMs: LOCK_MS },
    limits: { maxActive: settings.maxInFlight, maxQueued: settings.maxInFlight },
    onTrace: (record) => {
      found.see(record);
      trace.onTrace(record);
    },
    onEffect: killSwitch?.onEffect,
  });
  const server = await listen(settings.socket, (socket) => serve(socket, crossbound, stores, killSwitch));
  tell({ type: 'ready', inDoubt: found.inDoubt, committed: found.committed });
  // It is written at exit, which a killed process does not live to see.
  flushCompileCache();
  await crossbound.recovered;
  killSwitch?.recovered();
  tell({ type: 'recovered' });
  await stopped;
  server.close();
  await crossbound.close();
  trace.close();
  process.disconnect();
}

/** What recovery finds, counted as it is recorded. */
class Findings {
  inDoubt = 0;
  committed = 0;

  see(record: TraceRecord): void {
    if (record.tx === undefined) return;
    if (record.action === 'RecoverParticipant' && record.state === 'prepared') this.inDoubt += 1;
    if (record.action === 'RecoverCoordinator' && record.state === 'committed') this.committed += 1;
  }
}

async function listen(path: string, serveOne: (socket: Socket) => void): Promise<Server> {
  // A killed predecessor has left its own; that it is dead, the lock of the decision log has made sure.
  await rm(path, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer(serveOne);
  server.once('error', reject);
  server.listen(path, () => resolve(server));
  return await promise;
}

function serve(socket: Socket, crossbound: Crossbound, stores: RunStores, killSwitch: KillSwitch | undefined): void {
  socket.setEncoding('utf8');
  // A client that goes away is no concern of the transactions.
  socket.on('error', () => socket.destroy());
  const answer = async (value: unknown): Promise<void> => {
    const request = TransferRequest.parse(value);
    const reply = await answerTransfer(crossbound, stores, request, killSwitch);
    socket.write(`${JSON.stringify(reply)}\n`);
    killSwitch?.answered();
  };
  const onChunk = jsonLines((value) => void answer(value).catch(fail));
  socket.on('data', (chunk) => {
    try {
      onChunk(String(chunk));
    } catch (error) {
      fail(error);
    }
  });
}

function tell(news: CoordinatorNews): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
}

function fail(error: unknown): void {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  setImmediate(() => process.exit());
}
