import { InvalidInputError } from '../../src/protocol/errors.ts';

/**
 * A value of TLA+ in one canonical, immutable form. Integers, booleans and strings are JavaScript's; everything else is one
 * of the classes below, made by the function of the same name. Two values are equal exactly when {@link printValue} gives
 * the same text, whichever checker, or abstraction of an implementation, they come from.
 *
 * TLA+ knows only functions: a record is one over strings, a sequence one over `1..n`. The constructors follow it: a
 * function whose domain is `1..n` becomes a sequence, one over strings a record, the empty one the empty sequence.
 */
export type TlaValue = boolean | number | string | ModelValue | TlaSet | TlaSequence | TlaRecord | TlaFunction;

/** The variables of one state by name. */
export type TlaState = Readonly<Record<string, TlaValue>>;

/** An uninterpreted constant such as `p1`; differs from the string `"p1"`. */
export class ModelValue {
  readonly text: string;
  constructor(name: string) {
    this.text = name;
  }
}

/** A finite set; elements are in canonical order, each once. */
export class TlaSet {
  readonly elements: readonly TlaValue[];
  readonly text: string;
  constructor(elements: readonly TlaValue[], text: string) {
    this.elements = elements;
    this.text = text;
  }
  /** Membership by value. */
  has(element: TlaValue): boolean {
    const text = printValue(element);
    return this.elements.some((candidate) => printValue(candidate) === text);
  }
}

/** A sequence or tuple: a function over `1..n`. */
export class TlaSequence {
  readonly elements: readonly TlaValue[];
  readonly text: string;
  constructor(elements: readonly TlaValue[], text: string) {
    this.elements = elements;
    this.text = text;
  }
}

/** A record; fields are in the order of their names. */
export class TlaRecord {
  readonly fields: ReadonlyMap<string, TlaValue>;
  readonly text: string;
  constructor(fields: ReadonlyMap<string, TlaValue>, text: string) {
    this.fields = fields;
    this.text = text;
  }
  /** The field of that name, or `undefined` where the record has none. */
  get(field: string): TlaValue | undefined {
    return this.fields.get(field);
  }
}

/** A function that is neither a sequence nor a record; entries are in canonical order of their arguments. */
export class TlaFunction {
  readonly entries: readonly (readonly [TlaValue, TlaValue])[];
  readonly text: string;
  constructor(entries: readonly (readonly [TlaValue, TlaValue])[], text: string) {
    this.entries = entries;
    this.text = text;
  }
  /** The function's value, or `undefined` outside its domain. */
  get(argument: TlaValue): TlaValue | undefined {
    const text = printValue(argument);
    return this.entries.find(([key]) => printValue(key) === text)?.[1];
  }
}

/** The model value of that name. */
export function modelValue(name: string): ModelValue {
  return new ModelValue(name);
}

/** The set of these elements; what is there twice is there once. */
export function tlaSet(elements: Iterable<TlaValue>): TlaSet {
  const sorted = [...elements].sort(compareValues);
  const distinct = sorted.filter((element, index) => index === 0 || compareValues(sorted[index - 1] ?? 0, element) !== 0);
  return new TlaSet(distinct, `{${distinct.map(printValue).join(', ')}}`);
}

/** The sequence of these elements. */
export function tlaSequence(elements: readonly TlaValue[]): TlaSequence {
  return new TlaSequence([...elements], elements.length === 0 ? '<<>>' : `<<${elements.map(printValue).join(', ')}>>`);
}

/** The record with these fields, whose names are TLA+ identifiers. */
export function tlaRecord(fields: Readonly<Record<string, TlaValue>> | ReadonlyMap<string, TlaValue>): TlaRecord {
  const entries = fields instanceof Map ? [...fields] : Object.entries(fields);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return new TlaRecord(new Map(entries), `[${entries.map(([name, value]) => `${name} |-> ${printValue(value)}`).join(', ')}]`);
}

/**
 * A function from its pairs, as a sequence or a record where its domain says so. A domain of strings that are not
 * identifiers stays a function, since TLA+ cannot write it as a record.
 * @throws InvalidInputError when an argument is there twice.
 */
export function tlaFunction(pairs: Iterable<readonly [TlaValue, TlaValue]>): TlaFunction | TlaRecord | TlaSequence {
  const entries = [...pairs].sort(([a], [b]) => compareValues(a, b));
  const twice = entries.find(([key], index) => index > 0 && compareValues(entries[index - 1]?.[0] ?? 0, key) === 0);
  if (twice !== undefined) throw new InvalidInputError(`A function has two values for ${printValue(twice[0])}.`);
  if (entries.every(([key], index) => key === index + 1)) return tlaSequence(entries.map(([, value]) => value));
  const fields = new Map<string, TlaValue>();
  for (const [key, value] of entries) if (typeof key === 'string' && isFieldName(key)) fields.set(key, value);
  if (fields.size === entries.length) return tlaRecord(fields);
  return new TlaFunction(entries, `(${entries.map(([key, value]) => `${printValue(key)} :> ${printValue(value)}`).join(' @@ ')})`);
}

/** True for a string that can be a field of a record: a TLA+ identifier. */
export function isFieldName(text: string): boolean {
  return /^[0-9_]*[A-Za-z]\w*$/.test(text);
}

/** The canonical TLA+ text of a value: sets, fields and arguments sorted, one line. */
export function printValue(value: TlaValue): string {
  switch (typeof value) {
    case 'number':
      return String(value);
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    case 'string':
      return printString(value);
    default:
      return value.text;
  }
}

/** The canonical text of a state, variables sorted by name: equal states have equal texts. */
export function printState(state: TlaState): string {
  return Object.keys(state)
    .sort()
    .map((name) => `/\\ ${name} = ${printValue(state[name] ?? false)}`)
    .join('\n');
}

/** The canonical order: integers by size, then everything else by its text. */
export function compareValues(a: TlaValue, b: TlaValue): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  const [left, right] = [printValue(a), printValue(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\f': '\\f', '\r': '\\r' };

function printString(text: string): string {
  return `"${text.replace(/["\\\n\t\f\r]/g, (character) => escapes[character] ?? character)}"`;
}
