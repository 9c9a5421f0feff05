import type { CheckProgress } from '../../../models/tlc/check-result.ts';
import { findJava } from '../../../models/tlc/find-java.ts';
import { findTlc } from '../../../models/tlc/find-tlc.ts';
import { judgeCheck } from '../../../models/tlc/judge-check.ts';
import { prepareLiveProgress } from '../../../models/tlc/live-progress.ts';
import { pinFigures } from '../../../models/tlc/manifest.ts';
import { type Checker, reasonToSkip, runSpecCheck } from '../../../models/tlc/run-spec-check.ts';
import type { SpecCheck } from '../../../models/tlc/spec-check.ts';
import type { TlcJar } from '../../../models/tlc/tlc-jar.ts';
import { CrossboundError } from '../../protocol/errors.ts';
import type { CheckReport } from './check-report.ts';
import { runWithProgress, type ShownTask } from './progress-display.ts';

/** What applies to every check of a run. */
export interface CheckRunOptions {
  readonly specDirectory: string;
  readonly checkers: readonly Checker['kind'][];
  readonly workers: number;
  readonly jobs: number;
  /** Mebibytes. */
  readonly heap?: number;
  readonly pin: boolean;
  readonly signal: AbortSignal;
  readonly stream: NodeJS.WriteStream;
}

/** One run of `crossbound check`. */
export class CheckRun {
  readonly #options: CheckRunOptions;

  constructor(options: CheckRunOptions) {
    this.#options = options;
  }

  /** Runs all checks with all checkers, with live progress. The reports are in the order of the checks. */
  async all(checks: readonly SpecCheck[]): Promise<CheckReport[]> {
    const { jobs, stream, signal } = this.#options;
    const mayTakeLong = checks.some(takesLong);
    const java = this.#options.checkers.includes('tlc') ? await findJava(process.env, signal) : undefined;
    await using live = java !== undefined && mayTakeLong ? await prepareLiveProgress(java, signal) : undefined;
    const checkers: Checker[] = [];
    if (java !== undefined) checkers.push({ kind: 'tlc', java, jar: await this.#findJar(), live });
    if (this.#options.checkers.includes('wasm')) checkers.push({ kind: 'wasm' });
    const pairs = checks.flatMap((check) => checkers.map((checker) => ({ check, checker })));
    const reports = new Map<number, CheckReport>();
    const tasks = pairs.map(({ check, checker }, index): ShownTask => {
      const kind = check.kind === 'configuration' ? '' : `${check.kind} `;
      return {
        title: `${check.module}, ${kind}${check.name}${checkers.length > 1 ? ` (${checker.kind})` : ''}`,
        run: async (tell) => {
          const report = await this.#one(check, checker, tell);
          reports.set(index, report);
          return shortly(report);
        },
      };
    });
    await runWithProgress(tasks, { jobs, stream, signal });
    signal.throwIfAborted();
    return comparedCounts([...reports].sort(([a], [b]) => a - b).map(([, report]) => report));
  }

  /** Writes the figures of the configurations that hold into the manifest. */
  async pin(reports: readonly CheckReport[]): Promise<void> {
    const found = reports.flatMap((report) => {
      if (report.kind !== 'judged' || report.check.kind !== 'configuration' || report.result.verdict.kind !== 'holds') return [];
      const { generated, distinct, depth } = report.result;
      if (generated === undefined || distinct === undefined || depth === undefined) return [];
      return [{ module: report.check.module, configuration: report.check.name, figures: { generated, distinct, depth } }];
    });
    await pinFigures(this.#options.specDirectory, found);
    this.#options.stream.write(`Pinned the figures of ${found.length} configurations in ${this.#options.specDirectory}/manifest.json.\n`);
  }

  async #findJar(): Promise<TlcJar> {
    const { signal, stream } = this.#options;
    const jar = await findTlc({ signal, onProgress: (line) => stream.write(`${line}\n`) });
    stream.write(`TLC: ${jar.name} from ${jar.source}, ${jar.path}\n`);
    return jar;
  }

  async #one(check: SpecCheck, checker: Checker, tell: (progress: CheckProgress) => void): Promise<CheckReport> {
    const common = { check, checker: checker.kind };
    const { workers, heap, signal } = this.#options;
    try {
      const reason = await reasonToSkip(check, checker.kind);
      if (reason !== undefined) return { ...common, kind: 'skipped', reason };
      const result = await runSpecCheck(check, checker, { workers, heapMebibytes: heap, onProgress: tell, signal });
      const judgement = judgeCheck(check, result, workers);
      const pinned = this.#options.pin && check.kind === 'configuration' && result.verdict.kind === 'holds';
      return {
        ...common,
        kind: 'judged',
        result,
        judgement: pinned ? { outcome: 'passed', summary: 'pinned', differences: [] } : judgement,
      };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CrossboundError) return { ...common, kind: 'unable', message: error.message };
      throw error;
    }
  }
}

/** From this many distinct states on, the second that the live counters need to start is worth it. */
const largeFromDistinct = 2_000;

function takesLong(check: SpecCheck): boolean {
  if (check.kind !== 'configuration') return false;
  const { expect } = check.configuration ?? {};
  return expect?.result !== 'violates' && (expect?.figures?.distinct ?? largeFromDistinct) >= largeFromDistinct;
}

function shortly(report: CheckReport): { summary: string; good: boolean } {
  if (report.kind === 'skipped') return { summary: `skipped: ${report.reason}`, good: true };
  if (report.kind === 'unable') return { summary: 'could not run', good: false };
  return { summary: report.judgement.summary, good: report.judgement.outcome === 'passed' };
}

/** Two independent checkers must count the same states: where they do not, the later report says so. */
function comparedCounts(reports: readonly CheckReport[]): CheckReport[] {
  return reports.map((report) => {
    if (report.kind !== 'judged' || report.checker !== 'wasm' || report.check.kind !== 'configuration') return report;
    const other = reports.find((candidate) => candidate.checker === 'tlc' && candidate.check === report.check);
    if (other?.kind !== 'judged' || other.result.verdict.kind !== 'holds' || report.result.verdict.kind !== 'holds') return report;
    if (other.result.distinct === report.result.distinct) return report;
    const difference = `TLC found ${other.result.distinct} distinct states, tla-checker ${report.result.distinct}`;
    return { ...report, judgement: { outcome: 'failed', summary: 'differs', differences: [...report.judgement.differences, difference] } };
  });
}
