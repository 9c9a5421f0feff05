import { InvalidInputError } from '../../src/protocol/errors.ts';
import { modelValue, type TlaState, type TlaValue, tlaFunction, tlaRecord, tlaSequence, tlaSet } from './tla-value.ts';

/** A set written as an interval (`1..3`) may have this many elements; more is refused rather than expanded. */
const largestInterval = 100_000;
const identifier = /\w+/y;
const whitespace = /\s*/y;
const stringLiteral = /"((?:[^"\\]|\\.)*)"/y;
const integer = /-?\d+(?!\w)/y;
const unescaped: Readonly<Record<string, string>> = { n: '\n', t: '\t', f: '\f', r: '\r' };

/**
 * Parses one value as TLC prints it, over as many lines as it likes.
 * @throws InvalidInputError with the place, on anything else (a value that TLC left symbolic, such as `SUBSET S`, included).
 */
export function parseValue(text: string): TlaValue {
  const reader = new ValueReader(text);
  const value = reader.value();
  reader.end();
  return value;
}

/**
 * Parses states as TLC prints them, a conjunction `/\ x = 1 /\ y = 2` with each variable on its own line. Neighbouring states
 * share most of their values, so each parser remembers the text of every value it met: keep one per run, not one for ever.
 */
export class StateParser {
  readonly #known = new Map<string, TlaValue>();

  /** @throws InvalidInputError on what is no state. */
  parse(text: string): TlaState {
    const state: Record<string, TlaValue> = {};
    for (const conjunct of text.trim().split(/\n(?=\/\\ )/)) {
      const equals = conjunct.indexOf('=');
      const name = conjunct.slice(conjunct.startsWith('/\\') ? 2 : 0, equals).trim();
      if (equals < 0 || !/^\w+$/.test(name)) throw new InvalidInputError(`Not a state as TLC prints it: ${conjunct}`);
      state[name] = this.#value(conjunct.slice(equals + 1));
    }
    return state;
  }

  #value(text: string): TlaValue {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const value = parseValue(text);
    this.#known.set(text, value);
    return value;
  }
}

/** A recursive descent over TLC's output grammar, which is a small part of TLA+'s. */
class ValueReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): TlaValue {
    this.#skip();
    switch (this.#text[this.#at]) {
      case '"':
        return this.#string();
      case '{':
        return tlaSet(this.#list('{', '}', () => this.value()));
      case '<':
        return tlaSequence(this.#list('<<', '>>', () => this.value()));
      case '[':
        return tlaRecord(new Map(this.#list('[', ']', () => this.#field())));
      case '(':
        return tlaFunction(this.#pairs());
      default:
        return this.#atom();
    }
  }

  end(): void {
    this.#skip();
    if (this.#at < this.#text.length) this.#fail('the end');
  }

  #atom(): TlaValue {
    const number = this.#match(integer);
    if (number !== undefined) return this.#take('..') ? this.#interval(Number(number)) : Number(number);
    const word = this.#match(identifier) ?? this.#fail('a value');
    if (word === 'TRUE' || word === 'FALSE') return word === 'TRUE';
    return modelValue(word);
  }

  #interval(from: number): TlaValue {
    const to = Number(this.#match(integer) ?? this.#fail('the end of an interval'));
    if (to - from >= largestInterval) throw new InvalidInputError(`The set ${from}..${to} is too large to be listed.`);
    return tlaSet(Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index));
  }

  #string(): string {
    const literal = this.#match(stringLiteral) ?? this.#fail('the end of a string');
    const body = literal.slice(1, -1);
    return body.includes('\\') ? body.replace(/\\(.)/g, (_, character: string) => unescaped[character] ?? character) : body;
  }

  #field(): [string, TlaValue] {
    this.#skip();
    const name = this.#match(identifier) ?? this.#fail('a field name');
    this.#expect('|->');
    return [name, this.value()];
  }

  #pairs(): [TlaValue, TlaValue][] {
    this.#expect('(');
    const pairs: [TlaValue, TlaValue][] = [];
    do {
      const argument = this.value();
      this.#expect(':>');
      pairs.push([argument, this.value()]);
    } while (this.#take('@@'));
    this.#expect(')');
    return pairs;
  }

  #list<Item>(open: string, close: string, item: () => Item): Item[] {
    this.#expect(open);
    if (this.#take(close)) return [];
    const items = [item()];
    while (this.#take(',')) items.push(item());
    this.#expect(close);
    return items;
  }

  #take(token: string): boolean {
    this.#skip();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) this.#fail(`"${token}"`);
  }

  #skip(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 32 || (code >= 9 && code <= 13)) this.#match(whitespace);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(expected: string): never {
    const context = this.#text.slice(Math.max(0, this.#at - 30), this.#at + 30).replace(/\s+/g, ' ');
    throw new InvalidInputError(`Not a value as TLC prints it: expected ${expected} at character ${this.#at}, near "${context}".`);
  }
}
