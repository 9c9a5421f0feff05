/** Method: the real client and connection against a scripted coordinator on a real socket, which answers, hangs up or lies in wait. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AcknowledgementFile } from '../../../src/cli/run/acknowledgement-file.ts';
import { CoordinatorConnection } from '../../../src/cli/run/coordinator-connection.ts';
import { jsonLines } from '../../../src/cli/run/json-lines.ts';
import { Acknowledgement, type TransferReply, TransferRequest } from '../../../src/cli/run/process-messages.ts';
import { TransferClient } from '../../../src/cli/run/transfer-client.ts';
import type { Transfer } from '../../../src/cli/run/workload.ts';

const transfer = (id: string): Transfer => ({
  id,
  from: { store: 'bank_a', account: 'ann' },
  to: { store: 'ledger', account: 'bob' },
  amount: 1,
});

const reply = (change: Partial<TransferReply>): Omit<TransferReply, 'request'> => ({
  outcome: 'committed',
  tx: 't',
  isRepeated: false,
  wasFirst: true,
  isRetryable: false,
  ...change,
});

let directory = '';
let server: Server | undefined;
const sockets: Socket[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-client-'));
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
  rmSync(directory, { recursive: true });
});

/** What a request meets: a reply, a connection that ends, or a torn reply and a connection that ends. */
type Fate = Omit<TransferReply, 'request'> | 'hang up' | 'torn';

/** Answers with the next of `fates`, whichever transfer is asked for. */
function script(fates: readonly Fate[]): { readonly asked: string[] } {
  const asked: string[] = [];
  const rest = [...fates];
  server = createServer((socket) => {
    sockets.push(socket);
    const onChunk = jsonLines((value) => {
      const { request, transfer: wanted } = TransferRequest.parse(value);
      asked.push(wanted.id);
      const fate = rest.shift();
      if (fate === undefined) throw new Error('the script is over');
      if (fate === 'hang up') socket.destroy();
      else if (fate === 'torn') socket.end(JSON.stringify({ request, ...reply({}) }).slice(0, -2));
      else socket.write(`${JSON.stringify({ request, ...fate })}\n`);
    });
    socket.on('data', (chunk) => onChunk(String(chunk)));
  }).listen(join(directory, 'socket'));
  return { asked };
}

async function run(fates: readonly Fate[], transfers: readonly Transfer[] = [transfer('t1')]) {
  const { asked } = script(fates);
  const path = join(directory, 'acknowledgements.ndjson');
  const file = await AcknowledgementFile.create(path);
  const connection = new CoordinatorConnection(join(directory, 'socket'));
  const client = new TransferClient(connection, file);
  await client.run(transfers, 1);
  connection.close();
  await file.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const acknowledged = lines.map((line) => Acknowledgement.parse(JSON.parse(line)));
  return { asked, client, outcomes: acknowledged.map((one) => `${one.transfer} ${one.outcome}${one.isRepeated ? ' before' : ''}`) };
}

describe('the client', () => {
  it('records a commit, and an abort that another attempt would not change', async () => {
    const { outcomes, client } = await run(
      [reply({}), reply({ outcome: 'aborted', reason: 'INSUFFICIENT_FUNDS' })],
      [transfer('t1'), transfer('t2')],
    );
    expect(outcomes).toEqual(['t1 committed', 't2 aborted']);
    expect(client.acknowledged).toBe(2);
    expect(client.statistics).toMatchObject({ retries: 0, unknown: 0 });
  });

  it.each<Fate>(['hang up', 'torn'])(
    'asks again when the answer is lost (%s), and takes what was made before for committed',
    async (lost) => {
      const { outcomes, asked, client } = await run([lost, reply({ isRepeated: true, wasFirst: false })]);
      expect(asked).toEqual(['t1', 't1']);
      expect(outcomes).toEqual(['t1 committed before']);
      expect(client.statistics).toMatchObject({ retries: 1, unknown: 1, foundCommitted: 1, resolved: { committed: 1, aborted: 0 } });
    },
  );

  it('asks again when the coordinator does not know', async () => {
    const { outcomes } = await run([reply({ outcome: 'unknown', isRetryable: true }), reply({})]);
    expect(outcomes).toEqual(['t1 committed']);
  });

  it('believes an abort after a lost answer only of an attempt that proves that none before it had committed', async () => {
    const unproved = reply({ outcome: 'aborted', wasFirst: false, reason: 'PARTICIPANT_FAILED' });
    const { outcomes, asked } = await run(['hang up', unproved, reply({ outcome: 'aborted', reason: 'INSUFFICIENT_FUNDS' })]);
    expect(asked).toHaveLength(3);
    expect(outcomes).toEqual(['t1 aborted']);
  });

  it('tries again after an abort that may pass, without doubt about the earlier one', async () => {
    const passing = reply({ outcome: 'aborted', isRetryable: true, wasFirst: false, reason: 'TIMEOUT' });
    const { outcomes, client } = await run([passing, passing, reply({})]);
    expect(outcomes).toEqual(['t1 committed']);
    expect(client.statistics).toMatchObject({ retries: 2, unknown: 0 });
  });
});
