// Method: properties over generated values. The texts are printed the way TLC may print them (any order of elements, line
// breaks anywhere, functions written out), never by the printer under test; TLC's own output is read in read-dot.test.ts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseValue, StateParser } from '../../../models/tlc/parse-tla-value.ts';
import {
  modelValue,
  printState,
  printValue,
  TlaFunction,
  TlaRecord,
  TlaSequence,
  TlaSet,
  type TlaValue,
  tlaFunction,
  tlaRecord,
  tlaSequence,
  tlaSet,
} from '../../../models/tlc/tla-value.ts';

const name = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,5}$/);
const { value } = fc.letrec<{ value: TlaValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.boolean(),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.string({ maxLength: 8 }),
    fc.constantFrom('"', '\\', '\\"', '/\\ x = 1', 'a\nb', '@@', '>>'),
    name.map(modelValue),
    fc.array(tie('value'), { maxLength: 4 }).map(tlaSet),
    fc.array(tie('value'), { maxLength: 4 }).map(tlaSequence),
    fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 4 }).map(tlaRecord),
    fc.uniqueArray(fc.tuple(tie('value'), tie('value')), { maxLength: 4, selector: ([argument]) => printValue(argument) }).map(tlaFunction),
  ),
}));

/** TLC's escapes, written independently of the printer. */
const quote = (text: string): string => JSON.stringify(text).replace(/\\u000c/g, '\\f');

/** Another text of the same value: reversed order, every compound as wide or as long as `gap` makes it. */
function printOtherwise(of: TlaValue, gap: string): string {
  const again = (inner: TlaValue): string => printOtherwise(inner, gap);
  const join = (parts: string[], separator: string): string => parts.join(`${gap}${separator}${gap}`);
  if (of instanceof TlaSet) return `{${gap}${join(of.elements.map(again).reverse(), ',')}}`;
  if (of instanceof TlaSequence) {
    if (of.elements.length === 0) return `<<${gap}>>`;
    return `(${join(of.elements.map((item, index) => `${index + 1}${gap}:>${gap}${again(item)}`).reverse(), '@@')})`;
  }
  if (of instanceof TlaRecord)
    return `[${gap}${join(
      [...of.fields].reverse().map(([field, item]) => `${field} |->${gap} ${again(item)}`),
      ',',
    )}]`;
  if (of instanceof TlaFunction)
    return `(${join(
      [...of.entries].reverse().map(([key, item]) => `${again(key)} :> ${again(item)}`),
      '@@',
    )}${gap})`;
  return typeof of === 'string' ? quote(of) : printValue(of);
}

const printable = value.filter((candidate) => !/[^\n\t\f\r -~]/.test(printValue(candidate)));

test('what is printed is parsed back to the same text', () => {
  fc.assert(
    fc.property(value, (original) => {
      expect(printValue(parseValue(printValue(original)))).toBe(printValue(original));
    }),
  );
});

test('the order and the line breaks that a checker chose make no difference', () => {
  fc.assert(
    fc.property(printable, fc.constantFrom('', ' ', '\n   '), (original, gap) => {
      expect(printValue(parseValue(printOtherwise(original, gap)))).toBe(printValue(original));
    }),
  );
});

test('values that differ have texts that differ', () => {
  const different = [
    1,
    '1',
    modelValue('a'),
    'a',
    true,
    'TRUE',
    tlaSet([1]),
    tlaSet([]),
    tlaSequence([1]),
    tlaSequence([]),
    tlaRecord({ a: 1 }),
    tlaSet([tlaSet([])]),
  ];
  expect(new Set(different.map(printValue)).size).toBe(different.length);
});

describe('TLA+ knows only functions', () => {
  test('one over 1..n is a sequence, one over names a record, the empty one the empty sequence', () => {
    expect(printValue(parseValue('(2 :> "b" @@ 1 :> "a")'))).toBe('<<"a", "b">>');
    expect(printValue(parseValue('("type" :> "Yes" @@ "rm" :> p1)'))).toBe('[rm |-> p1, type |-> "Yes"]');
    expect(printValue(tlaFunction([]))).toBe('<<>>');
  });

  test('any other stays a function and is applied by value', () => {
    const votes = parseValue('(p2 :> "no" @@ p1 :> "yes")');
    expect(votes instanceof TlaFunction && votes.get(modelValue('p1'))).toBe('yes');
    expect(printValue(parseValue('(2 :> "b")'))).toBe('(2 :> "b")');
    expect(printValue(parseValue('("a b" :> 1)'))).toBe('("a b" :> 1)');
  });

  test('with two values for one argument is refused', () => {
    expect(() => parseValue('(p1 :> 1 @@ p1 :> 2)')).toThrow(/two values for p1/);
  });
});

test('integers are ordered by size, an interval is the set of its integers, and a huge one is refused', () => {
  expect(printValue(parseValue('{10, 9, 2}'))).toBe('{2, 9, 10}');
  expect(printValue(parseValue('-1..2'))).toBe('{-1, 0, 1, 2}');
  expect(printValue(parseValue('2..1'))).toBe('{}');
  expect(() => parseValue('0..1000000')).toThrow(/too large/);
});

test('a set has each element once and answers membership by value', () => {
  const set = tlaSet([tlaRecord({ a: 1 }), tlaRecord({ a: 1 }), 2]);
  expect(printValue(set)).toBe('{2, [a |-> 1]}');
  expect(set.has(tlaRecord({ a: 1 }))).toBe(true);
  expect(set.has(tlaRecord({ a: 2 }))).toBe(false);
});

test.each(['', '{1', '<<1>', '[a |-> ]', '(1 :> 2', '"open', '1 2', 'SUBSET {1}', '{1,}'])('%j is refused', (text) => {
  expect(() => parseValue(text)).toThrow(/Not a value as TLC prints it/);
});

describe('a state', () => {
  const text = '/\\ log = <<"/\\\\ x = 1",\n  2>>\n/\\ alive = (p1 :> TRUE @@\n  p2 :> FALSE)';

  test('is its variables, over as many lines as they take', () => {
    const state = new StateParser().parse(text);
    expect(Object.keys(state)).toEqual(['log', 'alive']);
    expect(printState(state)).toBe('/\\ alive = (p1 :> TRUE @@ p2 :> FALSE)\n/\\ log = <<"/\\\\ x = 1", 2>>');
  });

  test('of one variable has no conjunction', () => {
    expect(new StateParser().parse('x = {}')).toEqual({ x: tlaSet([]) });
  });

  test('that is none is refused', () => {
    expect(() => new StateParser().parse('Stuttering')).toThrow(/Not a state/);
  });
});
