import { z } from 'zod';
import { replayedConfigurations } from '../../../models/two-phase-commit/stored-graphs.ts';
import type { CheckReport } from '../check/check-report.ts';
import type { ReplayReport } from '../replay/replay-all.ts';
import { RunReport } from '../run/run-report.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);

/** What came of one check of a specification, without its states: those are in the report of `crossbound check`. */
const SpecCheckFigures = z.strictObject({
  module: z.string(),
  /** A configuration that must hold, a mutant that must be rejected, a situation that must be reachable. */
  kind: z.enum(['configuration', 'mutant', 'situation']),
  name: z.string(),
  outcome: z.enum(['passed', 'failed', 'unable', 'skipped']),
  /** For people: what was found, or why nothing was. */
  summary: z.string(),
  /** Each with what was expected and what was found. */
  differences: z.array(z.string()),
  checker: z.strictObject({
    kind: z.enum(['tlc', 'wasm']),
    /** Absent where it did not run. */
    version: z.string().optional(),
    /** Of the jar, in hexadecimal. */
    sha256: z.string().optional(),
  }),
  /** The figures are absent where the checker gives none. */
  distinct: count.optional(),
  generated: count.optional(),
  depth: count.optional(),
  elapsedMs: milliseconds.optional(),
});
export type SpecCheckFigures = z.infer<typeof SpecCheckFigures>;

const ReplayFigures = z.strictObject({
  configuration: z.enum(replayedConfigurations),
  elapsedMs: milliseconds,
  pairs: count,
  steps: count,
  coveredEdges: count,
  totalEdges: count,
  coveredStates: count,
  totalStates: count,
  stepsByAction: z.record(z.string(), count).readonly(),
  divergence: z
    .strictObject({
      kind: z.enum(['extra', 'missing', 'initial', 'broken']),
      action: z.string(),
      message: z.string(),
      path: z.array(z.string()).readonly(),
    })
    .exactOptional(),
}) satisfies z.ZodType<ReplayReport>;

/** What TLC said of the recorded run. */
const TraceValidationFigures = z.strictObject({
  /** Recorded transactions that were put to TLC, and those that it accepted as behaviours of the specification. */
  traces: count,
  accepted: count,
  /** Recorded steps in all of them. */
  events: count,
  elapsedMs: milliseconds,
  /** Some of those that it did not accept, each with what was so when the unexplained step came. */
  rejected: z.array(z.strictObject({ tx: z.string(), reason: z.string() })),
  /** Copies with one deliberate lie each, which it must reject. */
  tampered: z.array(
    z.strictObject({
      /** The lie: `a flipped decision`. */
      name: z.string(),
      /** The property that it breaks, in a sentence. */
      breaks: z.string().optional(),
      rejected: z.boolean(),
      /** For people: the step at which it was rejected. */
      at: z.string().optional(),
    }),
  ),
});

const findings = {
  version: z.literal(1),
  /** ISO 8601. */
  startedAt: z.string(),
  elapsedMs: milliseconds,
  crossboundVersion: z.string(),
  /** `v24.21.0` */
  node: z.string(),
  /** `linux x64` */
  platform: z.string(),
  checks: z.array(SpecCheckFigures),
  replay: z.array(ReplayFigures),
  run: RunReport,
  traceValidation: TraceValidationFigures,
};

/** Everything that `npm start` found out. */
export const DemoReport = z.strictObject({
  ...findings,
  /** Every stage holds, see `demoStages`. */
  ok: z.boolean(),
});
export type DemoReport = z.infer<typeof DemoReport>;

/** What was found, before it is judged. */
export type DemoFindings = Omit<DemoReport, 'ok'>;

/** What the report keeps of a check. */
export function specCheckFigures(report: CheckReport): SpecCheckFigures {
  const { module, kind, name } = report.check;
  const common = { module, kind, name };
  if (report.kind !== 'judged') {
    const summary = report.kind === 'skipped' ? report.reason : report.message;
    return { ...common, outcome: report.kind, summary, differences: [], checker: { kind: report.checker } };
  }
  const { checker, distinct, generated, depth, elapsedMs, verdict } = report.result;
  const problem = verdict.kind === 'error' ? [verdict.message] : [];
  return {
    ...common,
    ...report.judgement,
    differences: [...report.judgement.differences, ...problem],
    checker: { ...checker },
    distinct,
    generated,
    depth,
    elapsedMs,
  };
}
