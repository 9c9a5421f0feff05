/**
 * Method: real runs, small ones, with a real PostgreSQL, real processes and real SIGKILLs; the record of one goes to the real TLC,
 * as it is and with each lie told of it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tamperings } from '../../../models/trace/tamper.ts';
import { validateTraces } from '../../../models/trace/validate-trace.ts';
import { startPostgresServer } from '../../../src/cli/demo/postgres-server.ts';
import type { RunResult } from '../../../src/cli/run/build-report.ts';
import { describeRun } from '../../../src/cli/run/describe-run.ts';
import { RunReport } from '../../../src/cli/run/run-report.ts';
import { type RunProgress, type RunWorkloadOptions, runWorkload } from '../../../src/cli/run/run-workload.ts';
import { findRealTlc } from '../../models/tlc/tiny-spec.ts';

const tlc = await findRealTlc();
const committedWorkload = join(import.meta.dirname, '../../../workloads/transfers.ndjson');

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-runs-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The first transfers of the workload of this repository. */
function workloadOf(transfers: number): string {
  const file = join(directory, `${transfers}.ndjson`);
  const lines = readFileSync(committedWorkload, 'utf8').split('\n');
  writeFileSync(file, lines.slice(0, transfers + 1).join('\n'));
  return file;
}

function run(transfers: number, options: Partial<RunWorkloadOptions> = {}): Promise<RunResult> {
  return runWorkload({
    file: workloadOf(transfers),
    directory: mkdtempSync(join(directory, 'run-')),
    inFlight: 32,
    kills: 0,
    databaseKills: 0,
    seed: 11,
    signal: AbortSignal.timeout(110_000),
    ...options,
  });
}

describe('a run in which the coordinator and the database are killed', () => {
  const seen: RunProgress[] = [];
  let result: RunResult;
  beforeAll(async () => {
    result = await run(150, { kills: 8, databaseKills: 1, onProgress: (progress) => seen.push(progress) });
  }, 120_000);

  it('ends with an outcome for every transfer, all verified', () => {
    const { report } = result;
    expect(report.problems).toEqual([]);
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks).toHaveLength(8);
    expect(report.ok).toBe(true);
    expect(report.transfers.committed + report.transfers.aborted).toBe(150);
    expect(report.transfers.committed).toBeGreaterThan(75);
    expect(RunReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it('was killed at each planned point, and recovered', () => {
    const { coordinator, database, traces, recoveredCrash } = result.report;
    expect(coordinator.planned).toHaveLength(8);
    expect(coordinator.kills.map(({ point }) => point)).toEqual(expect.arrayContaining(coordinator.planned));
    expect(coordinator.incarnations).toBeGreaterThan(8);
    expect(coordinator.recoveries.some(({ inDoubt, committed }) => inDoubt + committed > 0)).toBe(true);
    expect(database.kills).toHaveLength(1);
    expect(traces.crashed).toBeGreaterThan(0);
    expect(recoveredCrash?.events[recoveredCrash.crashAt]).toEqual({ action: 'CrashCoordinator' });
  });

  it('told how far it was', () => {
    expect(new Set(seen.map(({ phase }) => phase))).toEqual(new Set(['starting', 'transfers', 'verifying']));
    expect(seen.at(-1)).toMatchObject({ acknowledged: 150, transfers: 150, plannedKills: 8, databaseKills: 1 });
    expect(seen.map(({ kills }) => kills)).toEqual(seen.map(({ kills }) => kills).toSorted((a, b) => a - b));
    expect(describeRun(result.report)).toMatch(/All of it holds[\s\S]*--seed 11/);
  });

  it.skipIf(tlc.missing !== undefined)(
    `is a behaviour of the specification, says TLC, and with a lie is none ${tlc.missing ?? ''}`,
    async () => {
      if (tlc.missing !== undefined) throw new Error(tlc.missing);
      const { transactions } = result.recorded;
      const lies = tamperings.map(({ name, tamper }) => ({ ...tamper(transactions), tx: name }));
      const judged = await validateTraces({ transactions: [...transactions, ...lies], java: tlc.java, jar: tlc.jar });
      expect(judged.rejected.map(({ tx }) => tx)).toEqual([
        'a flipped decision',
        'an acknowledgement before its decision',
        'a missing flush',
      ]);
      expect(judged.accepted).toBe(transactions.length);
      expect(judged.rejected.map(({ event }) => event.action)).toEqual(['ReceiveAbort', 'Answer', 'ReceiveYes']);
    },
  );
});

it('a run whose work is over before all kills have happened fails, and names the points', async () => {
  const { report } = await run(1, { kills: 30, inFlight: 1 });
  expect(report.ok).toBe(false);
  expect(report.checks.every(({ ok }) => ok)).toBe(true);
  expect(report.problems[0]).toMatch(/^The work was over before the coordinator came to "(before|after) \w+"/);
  expect(describeRun(report)).toMatch(/missed[\s\S]*It does not hold/);
});

it('a database of the user is left as it was, with two stores in one database', async () => {
  await using server = await startPostgresServer();
  await server.createDatabase('mine');
  const mine = server.connectionString('mine');
  const { report } = await run(40, {
    kills: 'auto',
    databaseKills: 3,
    databases: new Map([
      ['bank_a', mine],
      ['bank_b', mine],
    ]),
  });
  expect(report.problems).toEqual([]);
  expect(report.coordinator.kills.length).toBeGreaterThanOrEqual(4);
  expect(report.database.kills).toEqual([]);
  const client = new pg.Client(server.connection('mine'));
  await client.connect();
  const { rows } = await client.query(
    "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'crossbound%' UNION SELECT gid FROM pg_prepared_xacts",
  );
  await client.end();
  expect(rows).toEqual([]);
});

it('a journal that cannot be opened fails the run, with its reason', async () => {
  const broken = mkdtempSync(join(directory, 'run-'));
  writeFileSync(join(broken, 'ledger'), 'a file where the journal has its directory');
  await expect(run(1, { directory: broken })).rejects.toThrow(/ledger/);
});

it.each([
  ['coordinator-process', /The coordinator ended by SIGKILL, and not at a planned point/],
  ['client-process', /The client ended before its work/],
])('a %s that dies of something else than the plan fails the run', async (program, message) => {
  let isDone = false;
  const killOnce = ({ acknowledged }: RunProgress): void => {
    if (isDone || acknowledged < 10) return;
    isDone = true;
    const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
    const own = list
      .map((line) => line.trim().split(/\s+/))
      .find(([, parent, ...args]) => Number(parent) === process.pid && args.join(' ').includes(program));
    process.kill(Number(own?.[0]), 'SIGKILL');
  };
  await expect(run(150, { onProgress: killOnce })).rejects.toThrow(message);
});

it('a signal stops the run', async () => {
  const stop = new AbortController();
  const running = run(150, { signal: stop.signal, onProgress: ({ acknowledged }) => acknowledged > 10 && stop.abort(new Error('enough')) });
  await expect(running).rejects.toThrow('enough');
});
