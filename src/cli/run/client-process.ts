/**
 * The client of a run: a process of its own, which lives on when the coordinator is killed. It asks for every transfer of the workload and
 * durably records each outcome that it was told, before it counts it.
 */
import { AcknowledgementFile } from './acknowledgement-file.ts';
import { CoordinatorConnection } from './coordinator-connection.ts';
import { type ClientNews, ClientSettings } from './process-messages.ts';
import { TransferClient } from './transfer-client.ts';
import { readWorkload } from './workload.ts';

const PROGRESS_INTERVAL_MS = 50;

process.once('message', (message) => {
  run(ClientSettings.parse(message)).catch(fail);
});
// Nobody wants a stack of what the supervisor can tell in a line, such as a full disk.
process.on('uncaughtException', fail);
// The supervisor is gone, and nobody will want to know.
process.once('disconnect', () => process.exit());

async function run(settings: ClientSettings): Promise<void> {
  const { transfers } = await readWorkload(settings.workloadFile, settings.stores);
  const file = await AcknowledgementFile.create(settings.acknowledgementFile);
  const connection = new CoordinatorConnection(settings.socket);
  const client = new TransferClient(connection, file);
  const timer = setInterval(() => tell({ type: 'progress', acknowledged: client.acknowledged }), PROGRESS_INTERVAL_MS);
  await client.run(transfers, settings.inFlight);
  clearInterval(timer);
  connection.close();
  await file.close();
  tell({ type: 'finished', acknowledged: client.acknowledged, statistics: client.statistics });
  process.disconnect();
}

function fail(error: unknown): void {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  setImmediate(() => process.exit());
}

function tell(news: ClientNews): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
}
