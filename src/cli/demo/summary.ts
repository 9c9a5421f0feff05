import { styleText } from 'node:util';
import { seconds } from '../check/result-table.ts';
import type { DemoReport } from './demo-report.ts';
import { type DemoStage, demoStages } from './demo-stages.ts';

/** Colours by meaning; the identity functions where there are none. */
export interface SummaryStyle {
  readonly passed: (text: string) => string;
  readonly failed: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly quiet: (text: string) => string;
}

/** The smallest terminal that there is: the summary is seen at once. */
const columns = 80;
const rows = 24;
/** `✓ replayed   `; the figures begin after it. */
const indent = 13;
/** Lines of the figures of a stage that is well, and of one that is not, where its problems need the room. */
const factLines = 4;
const problemLines = 2;

const same = (text: string): string => text;
const plain: SummaryStyle = { passed: same, failed: same, strong: same, quiet: same };

/** The colours of a terminal; none where the stream is no terminal, or `NO_COLOR` is set. */
export function summaryStyle(stream: NodeJS.WriteStream): SummaryStyle {
  const format = (name: 'green' | 'red' | 'bold' | 'dim') => (text: string) => styleText(name, text, { stream });
  return { passed: format('green'), failed: format('red'), strong: format('bold'), quiet: format('dim') };
}

/**
 * What `npm start` found, for one screen of 80 by 24: a block for each stage, and what to run next where one fails.
 * @param reportPath where the page is; the one line that may be longer, since it is to be copied.
 */
export function summary(report: DemoReport, reportPath: string, style: SummaryStyle = plain): string {
  const stages = demoStages(report);
  const failed = stages.filter(({ ok }) => !ok);
  const when = report.startedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  const title = `crossbound ${report.crossboundVersion}`;
  const verdict =
    failed.length === 0
      ? style.passed(style.strong(`Everything holds, in ${seconds(report.elapsedMs)}.`))
      : style.failed(style.strong(`Not everything holds: see ${failed.map(({ name }) => name).join(', ')}.`));
  const head = [
    `${style.strong(title)}${style.quiet(`  ${when}, Node ${report.node}, ${report.platform}`.slice(0, columns - title.length))}`,
  ];
  const body = stages.flatMap((stage) => block(stage, style));
  const foot = [verdict, `The whole report: ${reportPath}`];
  const withAir = [...head, '', ...body, '', ...foot];
  return `${(withAir.length <= rows ? withAir : [...head, ...body, ...foot]).join('\n')}\n`;
}

function block(stage: DemoStage, style: SummaryStyle): string[] {
  const mark = stage.ok ? style.passed(`✓ ${stage.name}`.padEnd(indent)) : style.failed(style.strong(`✗ ${stage.name}`.padEnd(indent)));
  const lines = stage.ok ? factsOf(stage, style) : problemsOf(stage, style);
  return lines.map((line, index) => (index === 0 ? `${mark}${line}` : `${' '.repeat(indent)}${line}`));
}

function factsOf({ facts, elapsedMs }: DemoStage, style: SummaryStyle): string[] {
  const lines = facts.flatMap((fact) => wrap(fact, columns - indent)).slice(0, factLines);
  const time = seconds(elapsedMs);
  const last = lines.pop() ?? '';
  const room = columns - indent - last.length - time.length;
  return room < 2 ? [...lines, last] : [...lines, `${last}${' '.repeat(room)}${style.quiet(time)}`];
}

function problemsOf({ facts, problems, command }: DemoStage, style: SummaryStyle): string[] {
  const width = columns - indent;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const [first = '', ...others] = wrap(problems[0] ?? '', width - more.length);
  const shown = [first, ...others].slice(0, problemLines);
  const isCut = others.length >= problemLines;
  const last = `${shown.pop() ?? ''}${isCut ? '…' : ''}${more}`;
  return [
    style.quiet(wrap(facts[0] ?? '', width)[0] ?? ''),
    ...[...shown, last].map((line) => style.failed(line)),
    `next: ${style.strong(command)}`,
  ];
}

/** Lines of at most `width` characters; a word that is longer is broken. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${width - 1}}`, 'gu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length >= width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
