/** Findings as `npm start` makes them, small, made up and valid; the points come from the protocol, so that they cannot rot. */

import { type DemoFindings, DemoReport, type SpecCheckFigures } from '../../../src/cli/demo/demo-report.ts';
import { judgeDemo } from '../../../src/cli/demo/demo-stages.ts';
import type { CoordinatorKill, Recovery, RunReport } from '../../../src/cli/run/run-report.ts';
import type { TraceEvent } from '../../../src/protocol/trace-event.ts';
import { effectPoints } from '../../../src/runtime/effect-points.ts';

/** What no fault leads to often: the effects of late and repeated messages. */
const provoked = new Set(['resendPrepare', 'resendCommit', 'replyCommit', 'replyAbort']);

const jar = { kind: 'tlc' as const, version: 'TLC2 Version 2.18 of 20 March 2023', sha256: 'fc0a7b69b35076b4aeef54228a62fce9'.repeat(2) };

function configuration(name: string, distinct: number, depth: number, elapsedMs: number, module = 'TwoPhaseCommit'): SpecCheckFigures {
  const generated = Math.round(distinct * 5.1);
  return {
    module,
    kind: 'configuration',
    name,
    outcome: 'passed',
    summary: 'holds',
    differences: [],
    checker: jar,
    distinct,
    generated,
    depth,
    elapsedMs,
  };
}

function mutant(name: string, property: string): SpecCheckFigures {
  return {
    module: 'TwoPhaseCommit',
    kind: 'mutant',
    name,
    outcome: 'passed',
    summary: `rejected by ${property}`,
    differences: [],
    checker: jar,
    distinct: 1203,
    generated: 4410,
    depth: 11,
    elapsedMs: 1900,
  };
}

const checks: SpecCheckFigures[] = [
  configuration('2 x 2', 144, 5, 1210, 'TransactionCommit'),
  configuration('1 x 2, no faults', 2417, 20, 1900),
  configuration('1 x 2, crashes', 33076, 25, 4300),
  configuration('1 x 1, every fault', 7858, 22, 2500),
  configuration('2 x 1, shared log', 35027, 23, 4800),
  configuration('1 x 2, liveness', 2417, 20, 6100),
  mutant('decide before all votes', 'CommitNeedsAllVotes'),
  mutant('send before the record is durable', 'DurableBeforeSpoken'),
  mutant('forget too early', 'ForgetNeedsAllAcks'),
  { ...mutant('in doubt after a crash', ''), kind: 'situation', summary: 'reachable', module: 'TwoPhaseSituations' },
];

const actions = [
  'RequestCommit',
  'RequestRollback',
  'VoteTimeOut',
  'ReceiveYes',
  'ReceiveNo',
  'ReceiveAck',
  'Resend',
  'AskOutcome',
  'FlushCoordinator',
  'ReceivePrepare',
  'AbortUnilaterally',
  'RefusePrepare',
  'VoteAgain',
  'ReceiveCommit',
  'ReceiveAbort',
  'FlushParticipant',
  'Lose',
  'Duplicate',
  'CrashCoordinator',
  'RecoverCoordinator',
  'CrashParticipant',
  'RecoverParticipant',
  'Forget',
];

function replayed(name: DemoFindings['replay'][number]['configuration'], edges: number): DemoFindings['replay'][number] {
  return {
    configuration: name,
    elapsedMs: edges / 5,
    pairs: Math.round(edges / 3),
    steps: edges + 321,
    coveredEdges: edges,
    totalEdges: edges,
    coveredStates: Math.round(edges / 5),
    totalStates: Math.round(edges / 5),
    stepsByAction: Object.fromEntries(actions.map((action, index) => [action, Math.round((edges / 9) * (1.02 + Math.cos(index * 2.4)))])),
  };
}

const planned = effectPoints.filter((point) => !point.endsWith('dropWork'));

const kills: CoordinatorKill[] = planned.flatMap((point, index) => {
  const kill: CoordinatorKill = {
    incarnation: index + 1,
    point,
    provoked: provoked.has(point.split(' ')[1] ?? ''),
    tx: `demo-${index + 1}-${100 + index}`,
    ...(/(Yes|No|Ack|Prepared|Committed|Aborted)$/.test(point) && !point.includes('answer') ? { participant: 'bank_a' } : {}),
    atMs: 900 + index * 1650 + (index % 5) * 130,
  };
  return index % 11 === 4 ? [kill, { ...kill, atMs: kill.atMs + 400 }] : [kill];
});

const recoveries: Recovery[] = kills.map((_kill, index) => {
  const readyMs = 212 + ((index * 37) % 90);
  return {
    incarnation: index + 2,
    readyMs,
    ...(index % 9 === 5 ? {} : { recoveredMs: readyMs + 40 + ((index * 53) % 200) * (index === 17 ? 8 : 1) }),
    inDoubt: (index * 7) % 23,
    committed: index % 4,
  };
});

const crash: TraceEvent[] = [
  { action: 'RequestCommit' },
  { action: 'ReceivePrepare', rm: 'bank_a' },
  { action: 'ReceivePrepare', rm: 'ledger' },
  { action: 'FlushParticipant', rm: 'ledger', record: 'Prepared' },
  { action: 'ReceiveYes', rm: 'ledger' },
  { action: 'FlushParticipant', rm: 'bank_a', record: 'Prepared' },
  { action: 'ReceiveYes', rm: 'bank_a' },
  { action: 'FlushCoordinator', record: 'Commit' },
  { action: 'CrashCoordinator' },
  { action: 'CrashParticipant', rm: 'ledger' },
  { action: 'RecoverCoordinator', state: 'committed' },
  { action: 'RecoverParticipant', rm: 'ledger', state: 'prepared' },
  { action: 'AskOutcome' },
  { action: 'Answer', outcome: 'committed' },
  { action: 'Resend', rm: 'bank_a' },
  { action: 'ReceiveCommit', rm: 'bank_a' },
  { action: 'VoteAgain', rm: 'ledger' },
  { action: 'ReceiveYes', rm: 'ledger' },
  { action: 'ReceiveCommit', rm: 'ledger' },
  { action: 'FlushParticipant', rm: 'bank_a', record: 'Committed' },
  { action: 'ReceiveAck', rm: 'bank_a' },
  { action: 'FlushParticipant', rm: 'ledger', record: 'Committed' },
  { action: 'ReceiveAck', rm: 'ledger' },
  { action: 'FlushCoordinator', record: 'End' },
];

function run(): RunReport {
  return {
    version: 1,
    ok: true,
    problems: [],
    startedAt: '2026-05-04T10:12:58.000Z',
    seed: 4711,
    workload: {
      file: 'workloads/transfers.ndjson',
      transfers: 2400,
      stores: [
        { name: 'bank_a', kind: 'PostgreSQL', accounts: 24 },
        { name: 'bank_b', kind: 'PostgreSQL', accounts: 24 },
        { name: 'ledger', kind: 'userspace journal', accounts: 24 },
      ],
      inFlight: 32,
    },
    transfers: {
      committed: 2241,
      aborted: 159,
      abortReasons: { 'insufficient funds': 121, 'voted no': 25, 'vote time-out': 13 },
      retries: 388,
      unknown: 402,
      resolved: { committed: 311, aborted: 91 },
      foundCommitted: 290,
    },
    acknowledgements: 2400,
    coordinator: {
      incarnations: kills.length + 1,
      planned,
      points: effectPoints.length,
      kills: structuredClone(kills),
      recoveries: structuredClone(recoveries),
    },
    database: {
      kills: [
        { atMs: 21_000, downMs: 2400 },
        { atMs: 47_000, downMs: 1900 },
      ],
    },
    checks: [
      { name: 'money is conserved', ok: true, detail: '873,400 cents before, 873,400 cents after, in 72 accounts of 3 stores' },
      { name: 'all or nothing', ok: true, detail: '2,241 transfers are in both stores, 159 in neither' },
      { name: 'nothing is left in doubt', ok: true, detail: 'no prepared transaction in bank_a, bank_b, ledger' },
      { name: 'no acknowledged transfer is lost', ok: true, detail: 'all of 2,400 outcomes that the client recorded' },
    ],
    latency: {
      reply: { count: 2790, p50Ms: 18.2, p90Ms: 41.7, p99Ms: 88.1, p999Ms: 142.6, maxMs: 160.3 },
      transfer: { count: 2400, p50Ms: 19.4, p90Ms: 412, p99Ms: 2950.4, p999Ms: 4120.9, maxMs: 4388.1 },
    },
    traces: { files: ['trace-1.ndjson'], records: 61_207, transactions: 2788, crashed: 611 },
    recoveredCrash: {
      tx: 'demo-9-108',
      transfer: 't0412',
      point: 'before sendCommitToAll',
      participants: ['bank_a', 'ledger'],
      outcome: 'committed',
      events: structuredClone(crash),
      crashAt: 8,
    },
    durations: { setUpMs: 3100, workMs: 81_400, verifyMs: 900, totalMs: 85_400 },
  };
}

/** Findings in which all is well. */
function demoFindings(): DemoFindings {
  return {
    version: 1,
    startedAt: '2026-05-04T10:11:12.345Z',
    elapsedMs: 191_400,
    crossboundVersion: '0.1.0',
    node: 'v24.21.0',
    platform: 'linux x64',
    checks: structuredClone(checks),
    replay: [replayed('network', 26_312), replayed('crashes', 108_441), replayed('shared-log', 121_090)],
    run: run(),
    traceValidation: {
      traces: 2788,
      accepted: 2788,
      events: 60_114,
      elapsedMs: 19_300,
      rejected: [],
      tampered: [
        {
          name: 'a flipped decision',
          breaks: 'Consistency: one participant is told to abort what the others commit',
          rejected: true,
          at: 'step 15, Answer(outcome aborted)',
        },
        {
          name: 'an acknowledgement before its decision',
          breaks: 'DurableBeforeSpoken: the client was told before the decision was durable',
          rejected: true,
          at: 'step 6, ReceiveAck(rm bank_a)',
        },
        {
          name: 'a missing flush',
          breaks: 'YesIsDurable: a vote was counted that was not durable',
          rejected: true,
          at: 'step 9, Answer(outcome committed)',
        },
      ],
    },
  };
}

/** The same findings with `change` made to them, judged. */
export function demoReportWith(change: (found: DemoFindings) => unknown = () => undefined): DemoReport {
  const found = demoFindings();
  change(found);
  return DemoReport.parse(judgeDemo(found));
}

/** Findings in which each stage has failed. */
export function everythingFailed(found: DemoFindings): void {
  const [, , crashes] = found.checks;
  if (crashes === undefined) throw new Error('the fixture has three checks');
  Object.assign(crashes, {
    outcome: 'failed',
    summary: 'violates Consistency',
    differences: ['distinct states: expected 33076, found 33080', 'the action VoteAgain is never taken'],
  });
  found.replay[0] = {
    ...replayed('network', 26_312),
    coveredEdges: 1204,
    divergence: {
      kind: 'extra',
      action: 'ReceiveYes',
      message: 'the code takes ReceiveYes(t1, p1), which the spec does not allow here',
      path: ['RequestCommit(t1)', 'ReceivePrepare(t1, p1)', 'FlushParticipant(p1, 1)'],
    },
  };
  found.run.ok = false;
  found.run.coordinator.kills = found.run.coordinator.kills.filter(({ point }) => !point.endsWith('appendEnd'));
  found.run.checks[0] = {
    name: 'money is conserved',
    ok: false,
    detail: '873,400 cents before, 873,135 cents after: t0001 took 265 from bank_b',
  };
  found.traceValidation.accepted = 2786;
  found.traceValidation.rejected = [
    {
      tx: 'demo-9-108',
      reason: 'Answer(outcome committed) is no step of TwoPhaseCommit after the 8 before it: the coordinator is committing.',
    },
    { tx: 'demo-9-109', reason: 'ReceiveCommit(rm ledger) is no step of TwoPhaseCommit after the 3 before it.' },
  ];
  Object.assign(found.traceValidation.tampered[2] ?? {}, { rejected: false, at: undefined });
}
