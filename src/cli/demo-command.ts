import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { packageRoot, packageVersion } from '../../models/package-root.ts';
import { replayedConfigurations } from '../../models/two-phase-commit/stored-graphs.ts';
import { CheckRun } from './check/check-run.ts';
import { findChecks } from './check/find-checks.ts';
import { specCheckFigures } from './demo/demo-report.ts';
import { judgeDemo } from './demo/demo-stages.ts';
import { htmlReport } from './demo/html-report.ts';
import { judgeRecordedRun } from './demo/judge-recorded-run.ts';
import { assertPostgresInstalled } from './demo/postgres-binaries.ts';
import { summary, summaryStyle } from './demo/summary.ts';
import { describeFailure, withInterrupt } from './interrupt.ts';
import { assertWritable } from './output-file.ts';
import { ProgressLine } from './progress-line.ts';
import { describeTotals, type ReplayReport, type ReplayTotals, replayAll } from './replay/replay-all.ts';
import { describeProgress } from './run/describe-run.ts';
import { runWorkload } from './run/run-workload.ts';

const shippedWorkload = join(packageRoot, 'workloads', 'transfers.ndjson');
/** As many as a small service has under way. */
const inFlight = 32;
const databaseKills = 3;
/** The same plan of kills at every `npm start`, so that two runs can be compared. */
const defaultSeed = 1;

const examples = `
Examples:
  npm start                                 everything, and report.html in this directory
  crossbound demo --report out/report.html  the page elsewhere

Exit codes: 0 everything holds, 1 something does not, 2 could not run, 130 interrupted.`;

/** `crossbound demo`, which is `npm start`: the whole way from the specification to a judged run on real databases. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('check the specs, replay every edge, run with crashes, verify, and have TLC judge the recorded run')
    .option('--report <file>', 'where to write the page', 'report.html')
    .addHelpText('after', examples)
    .action(async ({ report }: { report: string }) => {
      process.exitCode = await withInterrupt((signal) => demo(resolve(report), signal));
    });
}

async function demo(reportPath: string, signal: AbortSignal): Promise<number> {
  try {
    await assertWritable(reportPath, '--report');
    await assertPostgresInstalled();
    return await fiveStages(reportPath, signal);
  } catch (error) {
    signal.throwIfAborted();
    process.stderr.write(`crossbound demo: ${describeFailure(error)}\n`);
    return 2;
  }
}

async function fiveStages(reportPath: string, signal: AbortSignal): Promise<number> {
  const line = new ProgressLine(process.stderr);
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-demo-'));
  // The replay needs one core and TLC the other, so they run side by side; its failure is told when its turn comes.
  const stop = new AbortController();
  const replaying = new BackgroundReplay(AbortSignal.any([signal, stop.signal]));
  try {
    const [startedAt, startedMs] = [new Date().toISOString(), performance.now()];
    say('1/5 Checking the specifications with TLC (and replaying every edge beside it)');
    const checks = await checkSpecifications(signal);
    say('2/5 Replaying every edge that TLC generated against the statecharts and the recovery code');
    const replay = await replaying.result((text) => line.tell(text));
    line.end();
    say('3/5 Making transfers across two PostgreSQL databases and a journal, killing coordinator and databases; 4/5 verifying');
    const { report: run, recorded } = await runWorkload({
      // Relative, since it is printed as part of a command to repeat the run.
      file: relative(process.cwd(), shippedWorkload),
      directory,
      inFlight,
      kills: 'all',
      databaseKills,
      seed: defaultSeed,
      signal,
      onProgress: (progress) => line.tell(describeProgress(progress)),
    });
    line.end();
    say('5/5 Having TLC judge the recorded run, and lies about it');
    const traceValidation = await judgeRecordedRun(recorded, {
      signal,
      onProgress: ({ generated }) => line.tell(`judging: ${generated.toLocaleString('en')} steps tried`),
    });
    line.end();
    const report = judgeDemo({
      version: 1,
      startedAt,
      elapsedMs: performance.now() - startedMs,
      crossboundVersion: packageVersion,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      checks: checks.map(specCheckFigures),
      replay,
      run,
      traceValidation,
    });
    // First what took minutes: a page that cannot be written must not lose it.
    process.stdout.write(`\n${summary(report, reportPath, summaryStyle(process.stdout))}`);
    await writeFile(reportPath, await htmlReport(report));
    return report.ok ? 0 : 1;
  } finally {
    line.end();
    stop.abort();
    await replaying.ended;
    await rm(directory, { recursive: true, force: true });
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function checkSpecifications(signal: AbortSignal) {
  const specDirectory = join(packageRoot, 'spec');
  const checks = await findChecks([], specDirectory, { large: false, mutants: false, reachable: false });
  const run = new CheckRun({ specDirectory, checkers: ['tlc'], workers: 1, jobs: 1, pin: false, signal, stream: process.stdout });
  return await run.all(checks);
}

/** The replay of all graphs, while something else has the screen. */
class BackgroundReplay {
  readonly #reports: Promise<ReplayReport[]>;
  /** Resolves when nothing of it runs any more, however it ended. */
  readonly ended: Promise<void>;
  #totals: ReplayTotals = { coveredEdges: 0, totalEdges: 0 };
  #tell: (text: string) => void = () => {};

  constructor(signal: AbortSignal) {
    this.#reports = replayAll(replayedConfigurations, {
      signal,
      jobs: 1,
      onProgress: (totals) => {
        this.#totals = totals;
        this.#show();
      },
    });
    this.ended = this.#reports.then(
      () => {},
      () => {},
    );
  }

  result(tell: (text: string) => void): Promise<ReplayReport[]> {
    this.#tell = tell;
    this.#show();
    return this.#reports;
  }

  #show(): void {
    this.#tell(describeTotals(this.#totals));
  }
}
