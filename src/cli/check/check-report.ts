import type { CheckResult } from '../../../models/tlc/check-result.ts';
import type { Judgement } from '../../../models/tlc/judge-check.ts';
import type { Checker } from '../../../models/tlc/run-spec-check.ts';
import type { SpecCheck } from '../../../models/tlc/spec-check.ts';
import { printValue } from '../../../models/tlc/tla-value.ts';

/** What came of one check with one checker. */
export type CheckReport = {
  readonly check: SpecCheck;
  readonly checker: Checker['kind'];
} & (
  | { readonly kind: 'judged'; readonly result: CheckResult; readonly judgement: Judgement }
  /** The checker is not asked, for a reason. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** It could not be started; the message says what to do. */
  | { readonly kind: 'unable'; readonly message: string }
);

/** 0 when everything passed, 1 when something failed, 2 when something could not be judged. */
export function exitCodeOf(reports: readonly CheckReport[]): 0 | 1 | 2 {
  const outcomes = reports.map((report) =>
    report.kind === 'judged' ? report.judgement.outcome : report.kind === 'unable' ? 'unable' : 'passed',
  );
  if (outcomes.includes('unable')) return 2;
  return outcomes.includes('failed') ? 1 : 0;
}

/** The reports as JSON for other programs; states are TLA+ text by variable. */
export function reportsToJson(reports: readonly CheckReport[]): string {
  return `${JSON.stringify({ version: 1, exitCode: exitCodeOf(reports), checks: reports.map(reportToJson) }, undefined, 2)}\n`;
}

function reportToJson(report: CheckReport): object {
  const { check } = report;
  const common = { module: check.module, kind: check.kind, name: check.name, root: check.root, config: check.config };
  if (report.kind === 'skipped') return { ...common, checker: { kind: report.checker }, outcome: 'skipped', reason: report.reason };
  if (report.kind === 'unable') return { ...common, checker: { kind: report.checker }, outcome: 'unable', message: report.message };
  const { result, judgement } = report;
  const { checker, generated, distinct, depth, unjudged, actions, elapsedMs, verdict } = result;
  return {
    ...common,
    checker,
    ...judgement,
    generated,
    distinct,
    depth,
    unjudged,
    actions,
    elapsedMs: Math.round(elapsedMs),
    verdict: verdictToJson(verdict),
  };
}

function verdictToJson(verdict: CheckResult['verdict']): object {
  if (verdict.kind === 'holds') return verdict;
  const steps = verdict.trace.steps.map((step) => ({
    ...step,
    state: Object.fromEntries(Object.entries(step.state).map(([name, value]) => [name, printValue(value)])),
  }));
  return { ...verdict, trace: { ...verdict.trace, steps } };
}
