import type { Trace, TraceStep } from '../../../models/tlc/check-result.ts';
import { printValue, TlaRecord, TlaSet, type TlaState, type TlaValue } from '../../../models/tlc/tla-value.ts';
import { describeChanges } from './describe-trace.ts';

/** The variable that holds the messages in flight, as a set of records. */
const networkVariable = 'network';
/** Types of message that go to the coordinator; the others come from it. */
const towardsCoordinator = new Set(['Yes', 'No', 'Ack']);
const coordinator = 'coordinator';
const client = 'client';
/** A note longer than this widens the diagram until it cannot be read. */
const longestNote = 60;

interface Message {
  readonly type: string;
  readonly participant: string;
  readonly text: string;
}

/**
 * A trace as a Mermaid sequence diagram. Where the state has a set `network` of records with `type` and `rm`, its lanes are
 * coordinator, participants and client, and each message is an arrow where it is sent; otherwise each variable that changes
 * has a lane, with the changes as notes.
 */
export function sequenceDiagram(trace: Trace): string {
  const lines = hasMessages(trace) ? messageDiagram(trace) : variableDiagram(trace);
  return ['sequenceDiagram', ...lines.map((line) => `    ${line}`)].join('\n');
}

function hasMessages({ steps }: Trace): boolean {
  return steps.some(({ state }) => messagesOf(state).length > 0);
}

function messagesOf(state: TlaState): Message[] {
  const network = state[networkVariable];
  if (!(network instanceof TlaSet)) return [];
  return network.elements.flatMap((element) => {
    if (!(element instanceof TlaRecord)) return [];
    const [type, participant] = [element.get('type'), element.get('rm')];
    if (typeof type !== 'string' || participant === undefined) return [];
    const transaction = element.get('tx');
    return [{ type, participant: laneName(participant), text: transaction === undefined ? type : `${type}(${plain(transaction)})` }];
  });
}

function messageDiagram({ steps, forever }: Trace): string[] {
  const participants = [...new Set(steps.flatMap(({ state }) => messagesOf(state).map((message) => message.participant)))].sort();
  const asksClient = steps.some(({ action, state }) => 'answers' in state || action?.startsWith('Request') === true);
  const lanes = [...(asksClient ? [client] : []), coordinator, ...participants];
  const body = steps.flatMap((step, index) => (index === 0 ? [] : messageStep(step, steps[index - 1]?.state ?? {}, participants)));
  const end =
    forever === undefined
      ? []
      : [
          `Note over ${lanes[0]},${lanes.at(-1)}: ${forever.kind === 'stuttering' ? 'nothing happens any more' : `for ever from step ${forever.backTo}`}`,
        ];
  return [...lanes.map((lane) => `participant ${lane}`), ...body, ...end];
}

function messageStep(step: TraceStep, before: TlaState, participants: readonly string[]): string[] {
  const action = step.action ?? 'step';
  const changes = describeChanges(before, step.state).filter(({ path }) => path !== networkVariable);
  const concerned = participants.find((participant) => changes.some(({ path }) => path.includes(`[${participant}]`)));
  const lane = concerned ?? coordinator;
  const [sent, gone] = [difference(messagesOf(step.state), messagesOf(before)), difference(messagesOf(before), messagesOf(step.state))];
  const answers = changes.filter(({ path, change }) => path.startsWith('answers') && change.startsWith('+'));
  const lost = action.startsWith('Lose') ? gone : [];
  return [
    ...(action.startsWith('Request')
      ? [`${client}->>${coordinator}: ${note(action)}`]
      : [`Note over ${lane}: ${note(`${step.number}. ${action}`)}`]),
    ...sent.map((message) => arrow(message, '->>')),
    ...lost.map((message) => arrow(message, '--x')),
    ...answers.map(({ change }) => `${coordinator}->>${client}: ${note(change.slice(2))}`),
  ];
}

function arrow({ type, participant, text }: Message, line: '->>' | '--x'): string {
  const [from, to] = towardsCoordinator.has(type) ? [participant, coordinator] : [coordinator, participant];
  return `${from}${line}${to}: ${note(text)}`;
}

function difference(all: readonly Message[], without: readonly Message[]): Message[] {
  const known = new Set(without.map(({ text, participant }) => `${participant} ${text}`));
  return all.filter(({ text, participant }) => !known.has(`${participant} ${text}`));
}

function variableDiagram({ steps, forever }: Trace): string[] {
  const changes = steps.map((step, index) => (index === 0 ? [] : describeChanges(steps[index - 1]?.state ?? {}, step.state)));
  const variables = [...new Set(changes.flat().map(({ path }) => path.replace(/[[.].*$/, '')))];
  const lanes = variables.length > 0 ? variables : Object.keys(steps[0]?.state ?? {}).slice(0, 1);
  if (lanes.length === 0) return [];
  const across = lanes.length === 1 ? String(lanes[0]) : `${lanes[0]},${lanes.at(-1)}`;
  const body = steps
    .slice(1)
    .flatMap((step, index) => [
      `Note over ${across}: ${note(`${step.number}. ${step.action ?? 'step'}`)}`,
      ...(changes[index + 1] ?? []).map(({ path, change }) => `Note over ${path.replace(/[[.].*$/, '')}: ${note(`${path}: ${change}`)}`),
    ]);
  const end =
    forever === undefined
      ? []
      : [`Note over ${across}: ${forever.kind === 'stuttering' ? 'nothing happens any more' : `for ever from step ${forever.backTo}`}`];
  return [...lanes.map((lane) => `participant ${lane}`), ...body, ...end];
}

/** Text without what ends a Mermaid statement. */
function note(text: string): string {
  const short = text.length > longestNote ? `${text.slice(0, longestNote - 1)}…` : text;
  return short.replaceAll(';', ',').replaceAll('#', '#35;');
}

function plain(value: TlaValue): string {
  return typeof value === 'string' ? value : printValue(value);
}

function laneName(value: TlaValue): string {
  return plain(value).replace(/\W/g, '_');
}
