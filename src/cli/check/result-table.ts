import Table from 'cli-table3';
import type { CheckReport } from './check-report.ts';

/** Colours by meaning; the identity functions where there are none. */
export interface TableStyle {
  readonly passed: (text: string) => string;
  readonly failed: (text: string) => string;
  readonly quiet: (text: string) => string;
}

const kinds = { configuration: '', mutant: 'mutant: ', situation: 'situation: ' } as const;

/** All results in a table, and under it who judged. */
export function resultTable(reports: readonly CheckReport[], style: TableStyle): string {
  const table = new Table({
    head: ['module', 'configuration', 'result', 'distinct', 'generated', 'depth', 'time', 'checker'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const report of reports) table.push(row(report, style));
  return [table.toString(), ...checkers(reports).map(style.quiet)].join('\n');
}

function row(report: CheckReport, style: TableStyle): string[] {
  const { check, checker } = report;
  const name = [check.module, `${kinds[check.kind]}${check.name}`];
  const who = checker === 'tlc' ? 'TLC' : 'tla-checker';
  if (report.kind === 'skipped') return [...name, style.quiet('skipped'), '', '', '', '', who];
  if (report.kind === 'unable') return [...name, style.failed('could not run'), '', '', '', '', who];
  const { result, judgement } = report;
  const colour = judgement.outcome === 'passed' ? style.passed : style.failed;
  const figures = [result.distinct, result.generated, result.depth].map((figure) => figure?.toLocaleString('en-US') ?? '');
  return [
    ...name,
    colour(`${judgement.outcome === 'passed' ? '✓' : '✗'} ${judgement.summary}`),
    ...figures,
    seconds(result.elapsedMs),
    who,
  ];
}

/** One line for each checker that was used, with what is needed to use the same again. */
function checkers(reports: readonly CheckReport[]): string[] {
  const lines = reports.flatMap((report) => {
    if (report.kind !== 'judged') return [];
    const { version, sha256 } = report.result.checker;
    return [
      report.checker === 'tlc'
        ? `TLC: ${version}, sha256 ${sha256}`
        : `tla-checker: ${version}; judges invariants and deadlocks, no PROPERTY`,
    ];
  });
  return [...new Set(lines)];
}

/** Seconds with one decimal under a minute, else minutes and seconds. */
export function seconds(elapsedMs: number): string {
  if (elapsedMs < 60_000) return `${(elapsedMs / 1000).toFixed(1)} s`;
  const whole = Math.round(elapsedMs / 1000);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
