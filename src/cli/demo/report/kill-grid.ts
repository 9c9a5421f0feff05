import { effectPoints } from '../../../runtime/effect-points.ts';
import { coordinatorEffects } from '../../../statecharts/index.ts';
import type { RunReport } from '../../run/run-report.ts';
import { html, type Markup } from './markup.ts';
import { table } from './table.ts';

const phases = ['before', 'after'] as const;

/** Where the coordinator was killed: each effect of the protocol, before and after it, and how often. */
export function killGrid({ coordinator }: RunReport): Markup {
  const effects = new Set([...effectPoints, ...coordinator.planned, ...coordinator.kills.map(({ point }) => point)].map(effectOf));
  const owned = [...effects].filter((effect) => effect in coordinatorEffects);
  const others = [...effects].filter((effect) => !owned.includes(effect));
  return html`<div class="pair">
${grid("Kills at the coordinator's own effects", owned, coordinator)}
${grid('Kills at the effects of its branches', others, coordinator)}
</div>
<ul class="legend keys"><li><span class="hit">2</span> killed there twice</li><li><span class="hit">1<abbr title="provoked">*</abbr></span> killed there once, and led there by a
fault put into one transaction: the workload alone seldom comes to it</li><li><span class="missed">missed</span> planned, never reached</li><li><span class="unplanned">–</span> not planned</li></ul>`;
}

function grid(caption: string, effects: readonly string[], coordinator: RunReport['coordinator']): Markup {
  const rows = effects.map((effect) => [html`<code>${effect}</code>`, ...phases.map((phase) => cell(`${phase} ${effect}`, coordinator))]);
  return html`<div class="kills">${table(caption, [{ title: 'Effect' }, { title: 'Before' }, { title: 'After' }], rows, 'compact')}</div>`;
}

function cell(point: string, { kills, planned }: RunReport['coordinator']): Markup {
  const here = kills.filter((kill) => kill.point === point);
  if (here.length > 0) {
    const mark = here.some(({ provoked }) => provoked) ? html`<abbr title="provoked">*</abbr>` : undefined;
    return html`<span class="hit">${here.length}${mark}</span>`;
  }
  return planned.includes(point) ? html`<strong class="missed">missed</strong>` : html`<span class="unplanned">–</span>`;
}

/** `before sendYes` without its first word. */
function effectOf(point: string): string {
  return point.replace(/^\w+ /, '');
}
