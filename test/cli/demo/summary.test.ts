/** Method: made-up findings, all well or spoilt in one place, and what a person reads of them in a terminal of 80 by 24. */
import { WriteStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import type { DemoFindings } from '../../../src/cli/demo/demo-report.ts';
import { demoStages } from '../../../src/cli/demo/demo-stages.ts';
import { summary, summaryStyle } from '../../../src/cli/demo/summary.ts';
import { demoReportWith, everythingFailed } from './demo-findings.ts';

function expectOneScreen(text: string): void {
  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
}

/** What makes each stage fail, and a word of the line that says so. */
const spoilt: readonly [stage: string, what: string, said: string, change: (found: DemoFindings) => unknown][] = [
  [
    'proved',
    'a configuration does not hold',
    'Consistency',
    (found) => Object.assign(found.checks[2]!, { outcome: 'failed', summary: 'violates Consistency' }),
  ],
  ['proved', 'a checker could not run', 'no Java', (found) => Object.assign(found.checks[0]!, { outcome: 'unable', summary: 'no Java' })],
  ['proved', 'nothing was checked', 'no configuration', (found) => Object.assign(found, { checks: [] })],
  [
    'proved',
    'everything was skipped',
    'no configuration',
    (found) => Object.assign(found, { checks: found.checks.map((check) => ({ ...check, outcome: 'skipped' })) }),
  ],
  ['replayed', 'an edge is not covered', '121,089 of 121,090', (found) => Object.assign(found.replay[2]!, { coveredEdges: 121_089 })],
  ['replayed', 'nothing was replayed', 'no graph', (found) => Object.assign(found, { replay: [] })],
  [
    'survived',
    'a planned kill did not happen',
    'after sendNo',
    (found) => Object.assign(found.run.coordinator, { kills: found.run.coordinator.kills.filter(({ point }) => point !== 'after sendNo') }),
  ],
  ['survived', 'nothing was killed', 'never killed', (found) => Object.assign(found.run.coordinator, { kills: [], planned: [] })],
  [
    'survived',
    'the run fails for another reason',
    'time is up',
    (found) => Object.assign(found.run, { ok: false, problems: ['time is up'] }),
  ],
  ['survived', 'the run fails and does not say why', 'reports a failure', (found) => Object.assign(found.run, { ok: false })],
  ['verified', 'money is missing', 'money', (found) => Object.assign(found.run.checks[0]!, { ok: false })],
  ['verified', 'nothing was verified', 'nothing was verified', (found) => Object.assign(found.run, { checks: [] })],
  [
    'accepted',
    'TLC rejects a recorded transaction',
    '1 recorded transaction',
    (found) => Object.assign(found.traceValidation, { accepted: 2787 }),
  ],
  [
    'accepted',
    'a lie goes unnoticed',
    'a missing flush',
    (found) => Object.assign(found.traceValidation.tampered[2]!, { rejected: false }),
  ],
  ['accepted', 'no lie was told', 'no tampered', (found) => Object.assign(found.traceValidation, { tampered: [] })],
  ['accepted', 'nothing was recorded', 'no recorded', (found) => Object.assign(found.traceValidation, { traces: 0, accepted: 0 })],
];

describe('the summary of npm start', () => {
  it('fits one screen and names what was proved, replayed, survived, verified and accepted, with figures', () => {
    const text = summary(demoReportWith(), 'report.html');
    expectOneScreen(text);
    expect(text).toMatchInlineSnapshot(`
      "crossbound 0.1.0  2026-05-04 10:11:12Z, Node v24.21.0, linux x64

      ✓ proved     TLC: 6 of 6 configurations of the spec, 80,939 distinct states
                   3 of 3 mutants of the spec rejected
                   1 of 1 situation reached                                     28.4 s
      ✓ replayed   255,843 of 255,843 edges of 3 state graphs
                   256,806 steps of the code compared with the spec, both ways  51.2 s
      ✓ survived   37 SIGKILLs of the coordinator at 34 of 36 effect points
                   2 SIGKILLs of PostgreSQL; every recovery within 1.1 s
                   2,400 transfers: 2,241 committed, 159 aborted, half within 19 ms
      ✓ verified   4 of 4 checks of stores, logs and answers hold
                   2,400 outcomes had been acknowledged to the client            0.9 s
      ✓ accepted   TLC accepts 2,788 of 2,788 recorded transactions (60,114 steps)
                   3 of 3 tampered records are rejected                         19.3 s

      Everything holds, in 3 min 11 s.
      The whole report: report.html
      "
    `);
  });

  it('fits one screen where everything has failed, and says for each what to run next', () => {
    const text = summary(demoReportWith(everythingFailed), 'report.html');
    expectOneScreen(text);
    expect(text).toMatchInlineSnapshot(`
      "crossbound 0.1.0  2026-05-04 10:11:12Z, Node v24.21.0, linux x64

      ✗ proved     TLC: 5 of 6 configurations of the spec, 47,863 distinct states
                   TwoPhaseCommit, 1 x 2, crashes: violates Consistency; distinct
                   states: expected 33076, found 33080; the action VoteAgain is never…
                   next: npx crossbound check TwoPhaseCommit --mutants
      ✗ replayed   230,735 of 255,843 edges of 3 state graphs
                   TwoPhaseCommit-network, ReceiveYes: the code takes ReceiveYes(t1,
                   p1), which the spec does not allow here
                   next: npx crossbound replay network
      ✗ survived   35 SIGKILLs of the coordinator at 32 of 36 effect points
                   2 planned kills did not happen: before appendEnd, after appendEnd
                   next: npx crossbound run workloads/transfers.ndjson --seed 4711
      ✗ verified   3 of 4 checks of stores, logs and answers hold
                   money is conserved: 873,400 cents before, 873,135 cents after:
                   t0001 took 265 from bank_b
                   next: npx crossbound run workloads/transfers.ndjson --seed 4711
      ✗ accepted   TLC accepts 2,786 of 2,788 recorded transactions (60,114 steps)
                   demo-9-108: Answer(outcome committed) is no step of
                   TwoPhaseCommit after the 8 before it: the coordinator… (and 2 more)
                   next: npx crossbound run workloads/transfers.ndjson --seed 4711

      Not everything holds: see proved, replayed, survived, verified, accepted.
      The whole report: report.html
      "
    `);
  });

  it('fits one screen with figures as large as they can be, and with problems that are long', () => {
    const change = (found: DemoFindings): void => {
      everythingFailed(found);
      found.platform = 'x'.repeat(100);
      for (const check of found.checks)
        Object.assign(check, { outcome: 'failed', distinct: 987_654_321, summary: `${'long '.repeat(200)}${'y'.repeat(300)}` });
      for (const check of found.run.checks) Object.assign(check, { ok: false, detail: 'z'.repeat(500) });
      Object.assign(found.run.workload, { transfers: 250_000 });
      Object.assign(found.traceValidation, { traces: 1_250_000, events: 987_654_321 });
    };
    expectOneScreen(summary(demoReportWith(change), 'report.html'));
    const large = demoReportWith((found) => {
      Object.assign(found.run.workload, { transfers: 250_000 });
      Object.assign(found.run.transfers, { committed: 240_000, aborted: 10_000 });
      Object.assign(found.traceValidation, { traces: 1_250_000, accepted: 1_250_000, events: 987_654_321 });
      Object.assign(found.checks[1]!, { distinct: 987_654_321 });
    });
    expect(large.ok).toBe(true);
    expectOneScreen(summary(large, 'report.html'));
  });

  it.each(spoilt)('%s fails where %s', (name, _what, said, change) => {
    const report = demoReportWith(change);
    expect(report.ok).toBe(false);
    expect(demoStages(report).flatMap((stage) => (stage.ok ? [] : [stage.name]))).toEqual([name]);
    const text = summary(report, 'report.html');
    expectOneScreen(text);
    expect(text).toContain(`✗ ${name}`);
    expect(text).toContain(said);
    expect(text).toContain('next: npx crossbound ');
    expect(text).not.toContain('Everything holds');
  });

  it('has colours on a terminal, and none elsewhere or where NO_COLOR is set', () => {
    const stream = (isTTY: boolean) =>
      Object.assign(Object.create(process.stdout) as NodeJS.WriteStream, { isTTY, getColorDepth: WriteStream.prototype.getColorDepth });
    const before = process.env;
    try {
      // Node looks at a dozen variables for what a terminal can show (CI among them), so the test starts from one alone.
      process.env = { TERM: 'xterm' };
      expect(summary(demoReportWith(), 'r', summaryStyle(stream(true)))).toContain('\u001b[32m');
      expect(summary(demoReportWith(), 'r', summaryStyle(stream(false)))).toBe(summary(demoReportWith(), 'r'));
      process.env['NO_COLOR'] = '1';
      expect(summary(demoReportWith(), 'r', summaryStyle(stream(true)))).toBe(summary(demoReportWith(), 'r'));
    } finally {
      process.env = before;
    }
  });
});
