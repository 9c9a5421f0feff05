import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { CheckReport } from './check-report.ts';
import { describeTrace } from './describe-trace.ts';
import { explainProblem } from './explain-problem.ts';
import { resultTable } from './result-table.ts';
import { sequenceDiagram } from './sequence-diagram.ts';

/** Writes what was found: counterexamples and problems first, the table last, where it is seen. */
export function writeReports(reports: readonly CheckReport[], stream: NodeJS.WriteStream): void {
  const colour = (format: 'green' | 'red' | 'dim' | 'bold' | 'cyan') => (text: string) => styleText(format, text, { stream });
  for (const report of reports) {
    const lines = detailsOf(report, colour('bold'), colour('cyan'));
    if (lines.length > 0) stream.write(`\n${colour('bold')(`${report.check.module}, ${report.check.name}`)}\n${lines.join('\n')}\n`);
  }
  stream.write(`\n${resultTable(reports, { passed: colour('green'), failed: colour('red'), quiet: colour('dim') })}\n`);
}

/** The last line: how many of what. Of a spec without a manifest nobody said what to expect: what was found is all there is to say. */
export function describeOutcome(reports: readonly CheckReport[]): string {
  const outcomes = reports.map((report) => (report.kind === 'judged' ? report.judgement.outcome : report.kind));
  const count = (outcome: string): number => outcomes.filter((candidate) => candidate === outcome).length;
  const isOwn = reports.every(({ check }) => check.kind === 'configuration' && check.configuration === undefined);
  const total = reports.length === 1 ? '1 configuration' : `${reports.length} configurations`;
  const only = reports.length === 1 ? reports[0] : undefined;
  if (isOwn && only?.kind === 'judged' && only.judgement.outcome !== 'unable') return `${total}: ${only.judgement.summary}.`;
  const [passed, failed] = isOwn
    ? ['holds', 'does not hold']
    : [`of ${reports.length} as expected`, `of ${reports.length} not as expected`];
  const parts = [
    ...(count('passed') > 0 || !isOwn ? [`${count('passed')} ${passed}`] : []),
    ...(count('failed') > 0 ? [`${count('failed')} ${failed}`] : []),
    ...(count('unable') > 0 ? [`${count('unable')} could not run`] : []),
    ...(count('skipped') > 0 ? [`${count('skipped')} skipped`] : []),
  ];
  return `${isOwn ? `${total}: ` : ''}${parts.join(', ')}.`;
}

function detailsOf(report: CheckReport, action: (text: string) => string, place: (text: string) => string): string[] {
  if (report.kind === 'skipped') return [`Skipped: ${report.reason}`];
  if (report.kind === 'unable') return [report.message];
  const { check, result, judgement } = report;
  const { verdict } = result;
  if (judgement.outcome === 'passed') return [];
  if (verdict.kind === 'holds') return judgement.differences.map((difference) => `  ${difference}`);
  const specDirectory = relative(process.cwd(), check.specDirectory);
  const steps = describeTrace(verdict.trace, specDirectory.startsWith('..') ? check.specDirectory : specDirectory, { action, place });
  if (verdict.kind === 'error') return [...steps, explainProblem(check, result, verdict)];
  return [
    `${capitalised(judgement.summary)} in ${verdict.trace.steps.length} steps:`,
    ...steps,
    ...judgement.differences.map((difference) => `  ${difference}`),
    '',
    'As a sequence diagram, for mermaid.live or any Markdown page:',
    '',
    '```mermaid',
    sequenceDiagram(verdict.trace),
    '```',
  ];
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
