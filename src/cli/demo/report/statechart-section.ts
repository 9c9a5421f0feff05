import type { AnyStateMachine } from 'xstate';
import { toDirectedGraph } from 'xstate/graph';
import { coordinatorMachine, participantMachine } from '../../../statecharts/index.ts';
import { html, type Markup, trusted } from './markup.ts';
import { scrolled } from './table.ts';

/** Turns a graph in Graphviz's language into an SVG document. */
export type DrawGraph = (dot: string) => string;

/** The two statecharts as they are loaded: the machines that the replay and the run have used. */
export function statechartSection(draw: DrawGraph): Markup {
  return html`<p>Both are drawn from the machines that the replay and the run have used. An arrow has the names of the events that lead along it,
which are the specification's actions, and in brackets the condition under which they do.</p>
${statechart('The coordinator, for one transaction', coordinatorMachine, draw)}
${statechart('A participant, for its branch of one transaction', participantMachine, draw)}`;
}

function statechart(caption: string, machine: AnyStateMachine, draw: DrawGraph): Markup {
  const arrows = arrowsOf(machine);
  const description = arrows.map(({ from, to, labels }) => `${from} to ${to}: ${labels.join(', ')}`).join('; ');
  return html`<figure><figcaption>${caption}</figcaption>
${scrolled(caption, html`<div class="statechart" role="img" aria-label="Statechart of the ${machine.id}. ${description}.">${inlineSvg(draw(dotOf(machine)))}</div>`)}</figure>`;
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly labels: string[];
}

function arrowsOf(machine: AnyStateMachine): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const { edges } of toDirectedGraph(machine).children) {
    for (const { source, target, label, transition } of edges) {
      const key = `${source.key} ${target.key}`;
      const arrow = arrows.get(key) ?? { from: source.key, to: target.key, labels: [] };
      const guard = typeof transition.guard === 'string' ? ` [${words(transition.guard)}]` : '';
      arrow.labels.push(`${label.text}${guard}`);
      arrows.set(key, arrow);
    }
  }
  return [...arrows.values()];
}

/** `isLastMissing` as it is read: `last missing`. */
function words(guard: string): string {
  return guard
    .replace(/^is/, '')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();
}

/** The machine in Graphviz's language, which quotes as JSON does. Ids begin with the machine's: a page has several graphs. */
function dotOf(machine: AnyStateMachine): string {
  const initial = machine.config.initial;
  const lines = arrowsOf(machine).map(
    ({ from, to, labels }) => `${quote(from)} -> ${quote(to)} [label=${quote(labels.map(withRoom).join('\n'))}]`,
  );
  return `digraph ${quote(machine.id)} {
    graph [id=${quote(`statechart-${machine.id}`)}, bgcolor=transparent, pad=0.05, nodesep=0.15, ranksep=0.36]
    node [shape=box, style=rounded, fontname="Helvetica-Bold", fontsize=14, height=0.4, margin="0.4,0.05"]
    edge [fontname=Helvetica, fontsize=12, arrowsize=0.7]
    initial [shape=point, width=0.12, class=initial]
    ${typeof initial === 'string' ? `initial -> ${quote(initial)}` : ''}
    ${lines.join('\n    ')}
  }`;
}

/** Graphviz measures in Helvetica; a reader's font may be a seventh wider. */
function withRoom(label: string): string {
  const room = ' '.repeat(1 + Math.ceil(label.length / 8));
  return `${room}${label}${room}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** How small a picture may become on a phone before it is scrolled. */
const smallestScale = 0.85;

/** The element alone, measured in pixels: a document's header has no place in a page, and a point is larger than it looks. */
function inlineSvg(document: string): Markup {
  const size = (_text: string, width: string): string =>
    `aria-hidden="true" focusable="false" style="max-width:${width}px;min-width:${Math.round(Number(width) * smallestScale)}px"`;
  return trusted(document.slice(document.indexOf('<svg')).replace(/width="(\d+)pt" height="\d+pt"/, size));
}
