import { seconds } from '../../check/result-table.ts';
import type { SpecCheckFigures } from '../demo-report.ts';
import { figure } from './figures.ts';
import { html, type Markup, type MarkupPart } from './markup.ts';
import { table, verdict } from './table.ts';

const columns = [
  { title: 'Configuration' },
  { title: 'Result' },
  { title: 'States', align: 'right' },
  { title: 'Generated', align: 'right' },
  { title: 'Depth', align: 'right' },
  { title: 'Time', align: 'right' },
  { title: 'Checker' },
] as const;

/** What was checked of the specifications: what holds, what must be rejected, what must be reachable, and who says so. */
export function specSection(checks: readonly SpecCheckFigures[]): Markup {
  const of = (kind: SpecCheckFigures['kind']) => checks.filter((check) => check.kind === kind);
  const [mutants, situations] = [of('mutant'), of('situation')];
  return html`<p>Each configuration was explored state by state. <em>States</em> are distinct ones, <em>generated</em> are those computed on
the way, and the <em>depth</em> is the length of the longest shortest path. <em>2 x 1</em> is two transactions and one participant.</p>
${table('Configurations that must hold', columns, rows(of('configuration')))}
${mutants.length === 0 ? undefined : table('Mutants of the specification, each with one deliberate bug, which must be rejected', columns, rows(mutants))}
${situations.length === 0 ? undefined : table('Situations that must be reachable', columns, rows(situations))}
<ul class="notes">${checkers(checks)}</ul>`;
}

function rows(checks: readonly SpecCheckFigures[]) {
  const modules = [...new Set(checks.map(({ module }) => module))];
  return modules.flatMap((module) => [{ group: module }, ...checks.filter((check) => check.module === module).map(row)]);
}

function row({ name, outcome, summary, differences, checker, distinct, generated, depth, elapsedMs }: SpecCheckFigures): MarkupPart[] {
  const found =
    outcome === 'skipped' ? html`skipped: ${summary}` : verdict(outcome === 'passed', outcome === 'unable' ? 'could not run' : summary);
  const reasons = outcome === 'unable' ? [summary, ...differences] : differences;
  return [
    name,
    [found, reasons.map((reason) => html`<br><span class="reason">${reason}</span>`)],
    ...[distinct, generated, depth].map((value) => (value === undefined ? '–' : figure(value))),
    elapsedMs === undefined ? '–' : seconds(elapsedMs),
    checker.kind === 'tlc' ? 'TLC' : 'tla-checker',
  ];
}

function checkers(checks: readonly SpecCheckFigures[]): Markup[] {
  const known = new Map<string, Markup>();
  for (const { checker } of checks) {
    if (checker.version === undefined) continue;
    const name = checker.kind === 'tlc' ? 'TLC' : 'tla-checker (invariants and deadlocks only)';
    const jar = checker.sha256 === undefined ? undefined : html`; SHA-256 of its jar <code>${checker.sha256}</code>`;
    known.set(`${checker.version} ${checker.sha256}`, html`<li>${name}: ${checker.version}${jar}</li>`);
  }
  return [...known.values()];
}
