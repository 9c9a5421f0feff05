import type { CheckProgress } from '../../../models/tlc/check-result.ts';
import { findJava } from '../../../models/tlc/find-java.ts';
import { findTlc } from '../../../models/tlc/find-tlc.ts';
import type { RecordedRun } from '../../../models/trace/project-traces.ts';
import { tamperings } from '../../../models/trace/tamper.ts';
import { validateTraces } from '../../../models/trace/validate-trace.ts';
import type { DemoFindings } from './demo-report.ts';

/** Rejected transactions that the report names; more of the same kind tell nothing new. */
const maxNamed = 10;

/** Has TLC judge a recorded run, and copies of it that lie: the run must be accepted, and every lie rejected. */
export async function judgeRecordedRun(
  { transactions }: RecordedRun,
  options: { signal: AbortSignal; onProgress: (progress: CheckProgress) => void },
): Promise<DemoFindings['traceValidation']> {
  const startedMs = performance.now();
  const { signal } = options;
  const tlc = { java: await findJava(process.env, signal), jar: await findTlc({ signal }), signal };
  const { accepted, rejected } = await validateTraces({ ...tlc, onProgress: options.onProgress, transactions });
  const lies = tamperings.map(({ tamper }) => tamper(transactions));
  const unmasked = await validateTraces({ ...tlc, transactions: lies });
  return {
    traces: transactions.length,
    accepted,
    events: transactions.reduce((sum, { events }) => sum + events.length, 0),
    elapsedMs: performance.now() - startedMs,
    rejected: rejected.slice(0, maxNamed).map(({ tx, position, reason }) => ({ tx, reason: `step ${position + 1}: ${reason}` })),
    tampered: tamperings.map(({ name, breaks }, place) => {
      const found = unmasked.rejected.find(({ index }) => index === place);
      return found === undefined
        ? { name, breaks, rejected: false }
        : { name, breaks, rejected: true, at: `step ${found.position + 1}, ${found.event.action}` };
    }),
  };
}
