import { configurationOf } from '../../../models/two-phase-commit/stored-graphs.ts';
import { seconds } from '../check/result-table.ts';
import { replayHolds } from '../replay/replay-all.ts';
import type { DemoFindings, DemoReport, SpecCheckFigures } from './demo-report.ts';
import { duration, figure, plural } from './report/figures.ts';

/** One of the five questions that `npm start` answers. */
export interface DemoStage {
  /** What was done, as one word: `proved`. Also its place in the page. */
  readonly name: 'proved' | 'replayed' | 'survived' | 'verified' | 'accepted';
  readonly ok: boolean;
  /** The figures, most important first; each reads alone. */
  readonly facts: readonly string[];
  /** Why `ok` is false, most important first. */
  readonly problems: readonly string[];
  /** What to run to see more of a problem, or to repeat the stage. */
  readonly command: string;
  readonly elapsedMs: number;
}

/**
 * Judges each stage by its findings. One in which nothing was checked fails, whatever it says of itself: a report of
 * nothing is no evidence.
 */
export function demoStages(found: DemoFindings): readonly DemoStage[] {
  return [proved(found), replayed(found), survived(found), verified(found), accepted(found)].map((stage) => ({
    ...stage,
    ok: stage.problems.length === 0,
  }));
}

/** The report of the findings: it is well if every stage is. */
export function judgeDemo(found: DemoFindings): DemoReport {
  return { ...found, ok: demoStages(found).every(({ ok }) => ok) };
}

type Unjudged = Omit<DemoStage, 'ok'>;

function proved({ checks }: DemoFindings): Unjudged {
  const ofKind = (kind: SpecCheckFigures['kind']) => checks.filter((check) => check.kind === kind);
  const passed = (some: readonly SpecCheckFigures[]) => some.filter(({ outcome }) => outcome === 'passed');
  const [configurations, mutants, situations] = [ofKind('configuration'), ofKind('mutant'), ofKind('situation')];
  const states = sum(passed(configurations).map(({ distinct }) => distinct ?? 0));
  const wrong = checks.filter(({ outcome }) => outcome === 'failed' || outcome === 'unable');
  const first = wrong[0];
  return {
    name: 'proved',
    facts: [
      `${checkerNames(checks)}: ${passed(configurations).length} of ${plural(configurations.length, 'configuration')} of the spec, ${plural(states, 'distinct state')}`,
      ...(mutants.length > 0 ? [`${passed(mutants).length} of ${plural(mutants.length, 'mutant')} of the spec rejected`] : []),
      ...(situations.length > 0 ? [`${passed(situations).length} of ${plural(situations.length, 'situation')} reached`] : []),
    ],
    problems: [
      ...wrong.map(({ module, name, summary, differences }) => `${module}, ${name}: ${[summary, ...differences].join('; ')}`),
      ...(passed(configurations).length === 0 ? ['no configuration was found to hold'] : []),
    ],
    command: `npx crossbound check${first === undefined ? '' : ` ${first.module}`} ${first?.kind === 'situation' ? '--reachable' : '--mutants'}`,
    elapsedMs: sum(checks.map(({ elapsedMs }) => elapsedMs ?? 0)),
  };
}

/** `TLC`, never for the checker that only resembles it. */
function checkerNames(checks: readonly SpecCheckFigures[]): string {
  const kinds = new Set(checks.map(({ checker }) => checker.kind));
  return [...kinds].map((kind) => (kind === 'tlc' ? 'TLC' : 'tla-checker')).join(' and ') || 'nobody';
}

function replayed({ replay }: DemoFindings): Unjudged {
  const wrong = replay.filter((result) => !replayHolds(result));
  const names = (wrong.length > 0 ? wrong : replay).map(({ configuration }) => configuration);
  return {
    name: 'replayed',
    facts: [
      `${figure(sum(replay.map(({ coveredEdges }) => coveredEdges)))} of ${plural(sum(replay.map(({ totalEdges }) => totalEdges)), 'edge')} of ${plural(replay.length, 'state graph')}`,
      `${plural(sum(replay.map(({ steps }) => steps)), 'step')} of the code compared with the spec, both ways`,
    ],
    problems: [
      ...wrong.map(({ configuration, divergence, coveredEdges, totalEdges }) =>
        divergence === undefined
          ? `${configurationOf(configuration)}: only ${figure(coveredEdges)} of ${figure(totalEdges)} edges were covered`
          : `${configurationOf(configuration)}, ${divergence.action}: ${divergence.message}`,
      ),
      ...(replay.length === 0 ? ['no graph was replayed'] : []),
    ],
    command: `npx crossbound replay${names.map((name) => ` ${name}`).join('')}`,
    elapsedMs: sum(replay.map(({ elapsedMs }) => elapsedMs)),
  };
}

function survived({ run }: DemoFindings): Unjudged {
  const { transfers, coordinator, database } = run;
  const reached = new Set(coordinator.kills.map(({ point }) => point));
  const missed = coordinator.planned.filter((point) => !reached.has(point));
  const recovered = coordinator.recoveries.flatMap(({ recoveredMs }) => recoveredMs ?? []);
  const [reasons, known] = [run.problems, run.checks.some(({ ok }) => !ok)];
  const restarts = recovered.length === 0 ? '' : `; every recovery within ${seconds(Math.max(...recovered))}`;
  return {
    name: 'survived',
    facts: [
      `${plural(coordinator.kills.length, 'SIGKILL')} of the coordinator at ${reached.size} of ${plural(coordinator.points, 'effect point')}`,
      `${plural(database.kills.length, 'SIGKILL')} of PostgreSQL${restarts}`,
      `${plural(run.workload.transfers, 'transfer')}: ${figure(transfers.committed)} committed, ${figure(transfers.aborted)} aborted, half within ${duration(run.latency.transfer.p50Ms)}`,
    ],
    problems: [
      ...(missed.length > 0 ? [`${plural(missed.length, 'planned kill')} did not happen: ${missed.join(', ')}`] : []),
      ...(coordinator.kills.length === 0 ? ['the coordinator was never killed'] : []),
      ...(!run.ok && missed.length === 0 && !known ? [...reasons, ...(reasons.length === 0 ? ['the run reports a failure'] : [])] : []),
    ],
    command: runCommand(run),
    elapsedMs: run.durations.workMs,
  };
}

function verified({ run }: DemoFindings): Unjudged {
  const wrong = run.checks.filter(({ ok }) => !ok);
  return {
    name: 'verified',
    facts: [
      `${run.checks.length - wrong.length} of ${plural(run.checks.length, 'check')} of stores, logs and answers hold`,
      `${plural(run.acknowledgements, 'outcome')} had been acknowledged to the client`,
    ],
    problems: [
      ...wrong.map(({ name, detail }) => `${name}: ${detail}`),
      ...(run.checks.length === 0 ? ['nothing was verified after the run'] : []),
    ],
    command: runCommand(run),
    elapsedMs: run.durations.verifyMs,
  };
}

function accepted({ run, traceValidation }: DemoFindings): Unjudged {
  const { traces, accepted: good, rejected, tampered, events, elapsedMs } = traceValidation;
  const unnoticed = tampered.filter((lie) => !lie.rejected);
  return {
    name: 'accepted',
    facts: [
      `TLC accepts ${figure(good)} of ${plural(traces, 'recorded transaction')} (${plural(events, 'step')})`,
      `${tampered.length - unnoticed.length} of ${plural(tampered.length, 'tampered record')} are rejected`,
    ],
    problems: [
      ...rejected.map(({ tx, reason }) => `${tx}: ${reason}`),
      ...(good < traces && rejected.length === 0 ? [`${plural(traces - good, 'recorded transaction')} rejected`] : []),
      ...unnoticed.map(({ name }) => `${name} went unnoticed`),
      ...(traces === 0 ? ['no recorded transaction was put to TLC'] : []),
      ...(tampered.length === 0 ? ['no tampered record was put to TLC'] : []),
    ],
    command: runCommand(run),
    elapsedMs,
  };
}

/** Repeats the kills of a run. */
export function runCommand({ workload, seed }: DemoFindings['run']): string {
  return `npx crossbound run ${workload.file} --seed ${seed}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
