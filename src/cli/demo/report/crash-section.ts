import type { RunReport } from '../../run/run-report.ts';
import { type CrashStep, type CrashStory, crashStory } from './crash-steps.ts';
import { plural } from './figures.ts';
import { html, type Markup } from './markup.ts';
import { scrolled } from './table.ts';

const laneWidth = 120;
/** The lanes grow with the page between these, in pixels. */
const narrowestLane = 120;
const widestLane = 180;
const rowHeight = 31;
const headHeight = 40;
const noteWidth = 114;
/** Longer names and notes are cut; the list below the diagram has them whole. */
const longestName = 15;
const longestNote = 18;

/** One transaction that lived through a kill of the coordinator, step by step. */
export function crashSection({ recoveredCrash }: RunReport): Markup {
  if (recoveredCrash === undefined) return html`<p>No transaction of this run lived through a crash of the coordinator.</p>`;
  const { tx, transfer, point, outcome } = recoveredCrash;
  const story = crashStory(recoveredCrash);
  const caption = `Transaction ${tx} for transfer ${transfer}: the coordinator is killed ${point}, and it ends ${outcome}`;
  const omitted = [
    ...(story.omittedBefore > 0 ? [`${plural(story.omittedBefore, 'step')} before`] : []),
    ...(story.omittedAfter > 0 ? [`${plural(story.omittedAfter, 'step')} after`] : []),
  ];
  return html`<p>Drawn from what the coordinator recorded. A message stands where it arrived; one that was lost leaves no step. What was recorded last
before a crash may have had no effect any more. Only the coordinator was killed, and with its process the <em>drivers</em>, its side of each store's branch;
the stores kept what they had made durable, and were asked.</p>
<figure><figcaption>${caption}</figcaption>
${scrolled(caption, diagram(story, caption))}
${omitted.length === 0 ? undefined : html`<p class="legend">Not drawn: ${omitted.join(' and ')}.</p>`}</figure>
<details><summary>The same as a list</summary><ol>${story.steps.map((step) => html`<li>${sentence(step)}</li>`)}</ol></details>`;
}

function sentence(step: CrashStep): string {
  if (step.kind === 'message') return `${step.from} to ${step.to}: ${step.text}`;
  return step.kind === 'note' ? `${step.lane}: ${step.text}` : step.text;
}

function diagram({ lanes, steps }: CrashStory, title: string): Markup {
  const [width, bottom] = [lanes.length * laneWidth, headHeight + steps.length * rowHeight + 8];
  const x = (lane: string): number => (Math.max(0, lanes.indexOf(lane)) + 0.5) * laneWidth;
  return html`<svg class="sequence" style="min-width:${lanes.length * narrowestLane}px;max-width:${lanes.length * widestLane}px" viewBox="0 0 ${width} ${bottom + 4}" role="img"><title>${title}</title>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>
${lanes.map((lane) => lifeline(lane, x(lane), steps, bottom))}
${steps.map((step, index) => row(step, headHeight + (index + 0.5) * rowHeight, x, width))}
${lanes.map((lane) => html`<g class="lane"><title>${lane}</title><rect x="${x(lane) - noteWidth / 2}" y="4" width="${noteWidth}" height="26" rx="5"/><text x="${x(lane)}" y="21">${cut(lane, longestName)}</text></g>`)}
</svg>`;
}

/** A line while the lane is up, a gap while it is down. */
function lifeline(lane: string, x: number, steps: readonly CrashStep[], bottom: number): Markup[] {
  const parts: { readonly from: number; readonly to: number; readonly up: boolean }[] = [];
  let [from, up] = [30, true];
  steps.forEach((step, index) => {
    if (!('lane' in step) || step.lane !== lane || step.kind === 'note') return;
    const at = headHeight + (index + 0.5) * rowHeight;
    parts.push({ from, to: at, up });
    [from, up] = [at, step.kind === 'recovery'];
  });
  return [...parts, { from, to: bottom, up }].map(
    (part) => html`<line class="${part.up ? 'life' : 'dead'}" x1="${x}" x2="${x}" y1="${part.from}" y2="${part.to}"/>`,
  );
}

function row(step: CrashStep, y: number, x: (lane: string) => number, width: number): Markup {
  if (step.kind === 'message') return arrow(step, y, x);
  const centre = x(step.lane);
  if (step.kind === 'note') {
    return html`<g class="note"><title>${step.text}</title><rect x="${centre - noteWidth / 2}" y="${y - 11}" width="${noteWidth}" height="22" rx="4"/><text x="${centre}" y="${y + 4}">${cut(step.text, longestNote)}</text></g>`;
  }
  const mark = step.kind === 'crash' ? '✗' : '↻';
  return html`<g class="${step.kind}"><rect x="2" y="${y - 12}" width="${width - 4}" height="24" rx="4"/><text x="14" y="${y + 4}">${mark} ${step.text}</text></g>`;
}

function arrow({ from, to, text }: Extract<CrashStep, { kind: 'message' }>, y: number, x: (lane: string) => number): Markup {
  const [start, end] = [x(from), x(to)];
  const direction = Math.sign(end - start);
  // Beside the sender's line, where no other lane's line runs through the words.
  const label = start + direction * (laneWidth / 2);
  return html`<g class="message"><line x1="${start}" x2="${end - direction}" y1="${y + 6}" y2="${y + 6}" marker-end="url(#arrow)"/><text x="${label}" y="${y - 1}">${text}</text></g>`;
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
