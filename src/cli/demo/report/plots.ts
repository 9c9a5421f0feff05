import type { Percentiles, RunReport } from '../../run/run-report.ts';
import { duration } from './figures.ts';
import { html, type Markup } from './markup.ts';
import { round } from './table.ts';

/** All plots are as wide as a phone, and grow with the page. */
const width = 340;
const left = 8;
const right = width - 8;

function plot(title: string, caption: Markup, height: number, content: readonly (Markup | undefined)[]): Markup {
  return html`<figure class="plot"><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img"><title>${title}</title>${content}</svg>
<p class="legend">${caption}</p></figure>`;
}

/** When what was killed, along the run. */
export function killTimeline({ coordinator, database }: RunReport): Markup | undefined {
  const ends = [...coordinator.kills.map(({ atMs }) => atMs), ...database.kills.map(({ atMs, downMs }) => atMs + downMs)];
  if (ends.length === 0) return undefined;
  const last = Math.max(1, ...ends);
  const x = (ms: number): number => round(left + (ms / last) * (right - left));
  return plot(
    'Kills in the course of the run',
    html`Red lines: the coordinator is killed. Blue bars: PostgreSQL is killed, and back at the end of the bar.`,
    74,
    [
      html`<line class="axis" x1="${left}" x2="${right}" y1="52" y2="52"/>`,
      coordinator.kills.map(
        ({ atMs, point }) =>
          html`<line class="kill" x1="${x(atMs)}" x2="${x(atMs)}" y1="8" y2="30"><title>${point}, ${duration(atMs)}</title></line>`,
      ),
      database.kills.map(
        ({ atMs, downMs }) =>
          html`<rect class="down" x="${x(atMs)}" y="36" width="${Math.max(2, round(x(atMs + downMs) - x(atMs)))}" height="10"><title>PostgreSQL, ${duration(atMs)}, down for ${duration(downMs)}</title></rect>`,
      ),
      html`<text x="${left}" y="67">0</text><text class="end" x="${right}" y="67">${duration(last)}</text>`,
    ].map((part) => html`${part}`),
  );
}

/** How long each start of the coordinator took to be ready, and to be rid of what was in doubt. */
export function recoveryPlot({ coordinator: { recoveries } }: RunReport): Markup | undefined {
  if (recoveries.length === 0) return undefined;
  const [top, bottom] = [22, 122];
  const largest = Math.max(1, ...recoveries.map(({ readyMs, recoveredMs }) => recoveredMs ?? readyMs));
  const x = (index: number): number => round(left + 4 + ((index + 0.5) / recoveries.length) * (right - left - 8));
  const y = (ms: number): number => round(bottom - (ms / largest) * (bottom - top));
  const points = recoveries.map(({ incarnation, readyMs, recoveredMs, inDoubt }, index) => {
    const at = x(index);
    const told = recoveredMs === undefined ? 'killed before it had recovered' : `recovered after ${duration(recoveredMs)}`;
    return html`<g><title>Start ${incarnation}: ready after ${duration(readyMs)}, ${told}, ${inDoubt} in doubt</title>
${recoveredMs === undefined ? undefined : html`<line class="span" x1="${at}" x2="${at}" y1="${y(readyMs)}" y2="${y(recoveredMs)}"/><circle class="full" cx="${at}" cy="${y(recoveredMs)}" r="2.8"/>`}
<circle class="hollow" cx="${at}" cy="${y(readyMs)}" r="2.8"/></g>`;
  });
  return plot(
    'Time of each recovery',
    html`One column for each start that was not killed before it was ready. Hollow: ready for requests. Full: nothing of earlier starts is in doubt any more; absent where it was killed before.`,
    142,
    [
      html`<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/><line class="grid" x1="${left}" x2="${right}" y1="${top}" y2="${top}"/>`,
      html`<text x="${left}" y="${top - 6}">${duration(largest)}</text><text x="${left}" y="${bottom + 14}">first start</text><text class="end" x="${right}" y="${bottom + 14}">last</text>`,
      ...points,
    ],
  );
}

const marks = [
  { key: 'p50Ms', name: '50%', radius: 6 },
  { key: 'p90Ms', name: '90%', radius: 5 },
  { key: 'p99Ms', name: '99%', radius: 4 },
  { key: 'p999Ms', name: '99.9%', radius: 3 },
  { key: 'maxMs', name: 'slowest', radius: 2.2 },
] as const;

/** Percentiles on a logarithmic scale, a line for each kind of latency. */
export function latencyPlot({ latency }: RunReport): Markup | undefined {
  const rows = [
    { name: 'A reply, where the connection lasted', values: latency.reply },
    { name: 'A transfer, kills and restarts included', values: latency.transfer },
  ].filter(({ values }) => values.count > 0);
  if (rows.length === 0) return undefined;
  const all = rows.flatMap(({ values }) => marks.map(({ key }) => Math.max(0.01, values[key])));
  const [low, high] = [Math.floor(Math.log10(Math.min(...all))), Math.max(1, Math.ceil(Math.log10(Math.max(...all))))];
  const x = (ms: number): number =>
    round(left + 8 + ((Math.log10(Math.max(0.01, ms)) - low) / Math.max(1, high - low)) * (right - left - 16));
  const bottom = rows.length * 50 + 6;
  const decades = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return plot(
    'Latency percentiles',
    html`From the largest dot to the smallest: 50%, 90%, 99% and 99.9% are at most as slow, and the slowest. Logarithmic scale.`,
    bottom + 20,
    [
      ...decades.map(
        (ms) =>
          html`<line class="grid" x1="${x(ms)}" x2="${x(ms)}" y1="4" y2="${bottom}"/><text class="middle" x="${x(ms)}" y="${bottom + 14}">${tick(ms)}</text>`,
      ),
      ...rows.map(({ name, values }, index) => latencyRow(name, values, index * 50, x)),
    ],
  );
}

function latencyRow(name: string, values: Percentiles, top: number, x: (ms: number) => number): Markup {
  return html`<text class="label" x="${left}" y="${top + 16}">${name}</text>
<line class="span" x1="${x(values.p50Ms)}" x2="${x(values.maxMs)}" y1="${top + 34}" y2="${top + 34}"/>
${marks.map((mark) => html`<circle class="full" cx="${x(values[mark.key])}" cy="${top + 34}" r="${mark.radius}"><title>${mark.name}: ${duration(values[mark.key])}</title></circle>`)}`;
}

function tick(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}

/** The percentiles that a plot shows, for its table. */
export const percentiles = marks;
