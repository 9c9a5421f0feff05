import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import { packageRoot } from '../package-root.ts';
import { withOtherChecks } from '../tlc/model-config.ts';
import { runTlc, type TlcRun } from '../tlc/run-tlc.ts';
import { printTraceModule, type TraceBatch } from './trace-module.ts';

/** How TLC is run, see `TlcRun`. */
export type TraceCheckOptions = Pick<TlcRun, 'java' | 'jar' | 'workers' | 'signal' | 'onProgress' | 'temporaryDirectory'>;

/** What TwoPhaseTrace.tla reports by printing: which traces were accepted, or how far each came. */
export type TraceReport = 'ReportAccepted' | 'ReportReached';

const modules = ['TransactionCommit.tla', 'TwoPhaseCommit.tla', 'TwoPhaseTrace.tla'];

/**
 * Runs TwoPhaseTrace on a batch, and hands each printed line to `onLine`.
 * @throws InvalidInputError where TLC could not judge the traces.
 */
export async function runTraces(
  batch: TraceBatch,
  report: TraceReport,
  options: TraceCheckOptions,
  onLine: (line: string) => void,
): Promise<void> {
  const directory = await mkdtemp(join(options.temporaryDirectory ?? tmpdir(), 'crossbound-trace-'));
  try {
    for (const file of modules) await cp(join(packageRoot, 'spec', file), join(directory, file));
    await writeFile(join(directory, 'TwoPhaseTraceData.tla'), printTraceModule(batch));
    const config = join(directory, 'TwoPhaseTrace.cfg');
    const committed = await readFile(join(packageRoot, 'spec', 'TwoPhaseTrace.cfg'), 'utf8');
    await writeFile(config, withOtherChecks(committed, { invariants: [report], properties: [] }));
    const { verdict } = await runTlc({ ...options, module: join(directory, 'TwoPhaseTrace.tla'), config, onLine });
    if (verdict.kind !== 'holds') {
      const why = verdict.kind === 'error' ? verdict.message : verdict.kind;
      throw new InvalidInputError(`TLC could not judge the recorded run: ${why}`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
