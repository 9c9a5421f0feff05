/** A result as people read it: a table for the terminal and for documents, and a chart. */
import { cpus, release, totalmem } from 'node:os';
import Table from 'cli-table3';
import { init } from 'echarts';
import type { BenchmarkResult, SideResult } from './measure.ts';
import type { Spread } from './statistics.ts';

/** The machine and the versions that figures belong to. */
export function describeMachine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`;
}

const HEAD = ['side', 'median', 'p99', 'medians of rounds', 'per second', 'ratio', 'ratio, spread'];

/** The table of one benchmark, for a terminal. */
export function renderTable(result: BenchmarkResult): string {
  const table = new Table({
    head: HEAD,
    style: { head: [], border: [] },
    colAligns: ['left', ...HEAD.slice(1).map(() => 'right' as const)],
  });
  for (const side of result.sides) table.push(cellsOf(side));
  for (const { name, missing } of result.missing) table.push([name, { colSpan: HEAD.length - 1, content: `not measured: ${missing}` }]);
  return `${headingOf(result)}\n${table.toString()}\n`;
}

/** The same in Markdown. */
export function renderMarkdown(result: BenchmarkResult): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `### ${headingOf(result)}`,
    '',
    row(HEAD),
    row(HEAD.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...result.sides.map((side) => row(cellsOf(side))),
    ...result.missing.map(({ name, missing }) => row([name, `not measured: ${missing}`, ...HEAD.slice(2).map(() => '')])),
    '',
  ].join('\n');
}

function headingOf({ title, load, rounds, operationsPerRound, baseline, figure }: BenchmarkResult): string {
  const what = figure === 'latency' ? 'times as long as' : 'times as many as';
  return `${title}, ${load} (${rounds} rounds of ${operationsPerRound.toLocaleString('en')}; ratio: ${what} "${baseline}")`;
}

function cellsOf({ name, medianMicros, p99Micros, roundsMicros, perSecond, ratio }: SideResult): string[] {
  return [
    name,
    micros(medianMicros),
    micros(p99Micros),
    `${micros(roundsMicros.min)} to ${micros(roundsMicros.max)}`,
    Math.round(perSecond.median).toLocaleString('en'),
    times(ratio.median),
    spreadOf(ratio),
  ];
}

function micros(value: number): string {
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} ms`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} µs`;
}

function times(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function spreadOf({ min, max }: Spread): string {
  return `${times(min)} to ${times(max)}`;
}

const ROW_PX = 34;

/** A bar a side, with the spread of its rounds as text, as an SVG document. */
export function renderSvg(result: BenchmarkResult): string {
  const isLatency = result.figure === 'latency';
  const sides = result.sides.toReversed();
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 130 + ROW_PX * sides.length });
  chart.setOption({
    animation: false,
    title: { text: `${result.title}, ${result.load}`, subtext: isLatency ? 'median, microseconds' : 'operations a second' },
    grid: { left: 16, right: 150, top: 70, bottom: 24, containLabel: true },
    xAxis: { type: 'log', logBase: 10 },
    yAxis: { type: 'category', data: sides.map(({ name }) => name) },
    series: [
      {
        type: 'bar',
        data: sides.map(({ medianMicros, perSecond }) => (isLatency ? medianMicros : Math.round(perSecond.median))),
        label: {
          show: true,
          position: 'right',
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const side = sides[dataIndex];
            if (side === undefined) return '';
            return isLatency
              ? `${micros(side.medianMicros)} (p99 ${micros(side.p99Micros)})`
              : `${Math.round(side.perSecond.median).toLocaleString('en')}/s`;
          },
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
