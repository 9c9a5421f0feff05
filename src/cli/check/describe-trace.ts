import { join } from 'node:path';
import type { SpecLocation, Trace, TraceStep } from '../../../models/tlc/check-result.ts';
import { printValue, TlaFunction, TlaRecord, TlaSequence, TlaSet, type TlaState, type TlaValue } from '../../../models/tlc/tla-value.ts';

/** One variable, or a part of it such as `rmState[r1][t1]`, that a step changed: in words that fit on a line. */
export interface StateChange {
  readonly path: string;
  readonly change: string;
}

/** What differs between two states, as deep in functions, records and sets as it can be said shortly. */
export function describeChanges(before: TlaState, after: TlaState): StateChange[] {
  return Object.keys(after).flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    return now === undefined ? [] : old === undefined ? [{ path: name, change: printValue(now) }] : valueChanges(name, old, now);
  });
}

function valueChanges(path: string, old: TlaValue, now: TlaValue): StateChange[] {
  if (printValue(old) === printValue(now)) return [];
  if (old instanceof TlaSet && now instanceof TlaSet) {
    return [
      ...now.elements.filter((element) => !old.has(element)).map((element) => ({ path, change: `+ ${printValue(element)}` })),
      ...old.elements.filter((element) => !now.has(element)).map((element) => ({ path, change: `- ${printValue(element)}` })),
    ];
  }
  if (old instanceof TlaSequence && now instanceof TlaSequence) return sequenceChanges(path, old, now);
  const [oldParts, nowParts] = [partsOf(old), partsOf(now)];
  if (oldParts !== undefined && nowParts !== undefined && sameKeys(oldParts, nowParts)) {
    return [...nowParts].flatMap(([key, part]) => valueChanges(`${path}${key}`, oldParts.get(key) ?? part, part));
  }
  return [{ path, change: `${printValue(old)} → ${printValue(now)}` }];
}

function sequenceChanges(path: string, old: TlaSequence, now: TlaSequence): StateChange[] {
  const [before, after] = [old.elements.map(printValue), now.elements.map(printValue)];
  if (before.every((text, index) => after[index] === text)) {
    return [{ path, change: `appended ${after.slice(before.length).join(', ')}` }];
  }
  return [{ path, change: `${printValue(old)} → ${printValue(now)}` }];
}

/** The parts of a function or record, by the text that selects them: `[r1]`, `.type`. */
function partsOf(value: TlaValue): Map<string, TlaValue> | undefined {
  if (value instanceof TlaFunction) return new Map(value.entries.map(([argument, result]) => [`[${printValue(argument)}]`, result]));
  if (value instanceof TlaRecord) return new Map([...value.fields].map(([name, field]) => [`.${name}`, field]));
  return undefined;
}

function sameKeys(a: ReadonlyMap<string, TlaValue>, b: ReadonlyMap<string, TlaValue>): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

/** How parts of a trace are set off; the identity functions where there are no colours. */
export interface TraceStyle {
  readonly action: (text: string) => string;
  readonly place: (text: string) => string;
}

/** The lines of a trace: numbered steps, each with its action, the action's place, and what changed. */
export function describeTrace(trace: Trace, specDirectory: string, style: TraceStyle): string[] {
  const width = String(trace.steps.length).length;
  const lines = trace.steps.flatMap((step, index) => {
    const before = trace.steps[index - 1]?.state;
    const changes = describeChanges(before ?? {}, step.state);
    const heading = `${String(step.number).padStart(width + 1)}. ${describeStep(step, specDirectory, style)}`;
    const indent = ' '.repeat(width + 4);
    const details = changes.map(({ path, change }) => `${indent}${path}${before === undefined ? ' = ' : ': '}${change}`);
    return [heading, ...(details.length === 0 ? [`${indent}(nothing changes)`] : details)];
  });
  return [...lines, ...describeForever(trace)];
}

function describeStep(step: TraceStep, specDirectory: string, style: TraceStyle): string {
  if (step.action === undefined)
    return step.number === 1 ? style.action('initial state') : style.action('a step whose action the checker does not name');
  return step.location === undefined
    ? style.action(step.action)
    : `${style.action(step.action)} ${style.place(`@ ${describePlace(step.location, specDirectory)}`)}`;
}

function describeForever({ forever }: Trace): string[] {
  if (forever === undefined) return [];
  if (forever.kind === 'stuttering') return ['   … and then nothing happens any more.'];
  return [`   … and then back to step ${forever.backTo}${forever.action === undefined ? '' : ` by ${forever.action}`}, for ever.`];
}

/** A place that an editor or terminal can open: `spec/TwoPhaseCommit.tla:204`. */
export function describePlace({ module, line }: SpecLocation, specDirectory: string): string {
  return `${join(specDirectory, `${module}.tla`)}:${line}`;
}
