// Method: relations as text. That the flat one has the same steps is shown on real specs by stepping both checkers
// (wasm-checker.test.ts); here it is what becomes of each form, and that other forms are left alone.
import { expect, test } from 'vitest';
import { flattenNext, withoutLeadingLet } from '../../../models/tlc/flatten-next.ts';
import type { SpecUnit } from '../../../models/tlc/spec-units.ts';

const unit = (text: string): SpecUnit => ({
  kind: 'definition',
  name: /^\w+/.exec(text)?.[0],
  lines: text.split('\n'),
  module: 'M',
  firstLine: 1,
});

function flatten(...texts: string[]): string[] | undefined {
  const units = texts.map(unit);
  const next = units.find(({ name }) => name === 'Next');
  const flat = next && flattenNext(next, new Map(units.map((each) => [each.name ?? '', each])));
  return flat?.next.lines.slice(1).map((line) => line.trim());
}

test('collections are put in under their quantifiers, whether in lists or in lines', () => {
  const all = `All ==\n    \\/ \\E t \\in Tx :\n        \\/ Begin(t) \\/ Commit(t)\n        \\/ \\E r \\in RM : Vote(t, r)\n    \\/ Recover`;
  const some = 'Some == \\E r \\in {1, 2} : \\E m \\in [a : RM] : Lose(r, m) \\/ Keep(m)';
  expect(flatten('Next == All \\/ Some', all, some, "Recover == x' = 1")).toEqual([
    '\\/ \\E t \\in Tx : Begin( t )',
    '\\/ \\E t \\in Tx : Commit( t )',
    '\\/ \\E t \\in Tx : \\E r \\in RM : Vote( t , r )',
    '\\/ Recover',
    '\\/ \\E r \\in { 1 , 2 } : \\E m \\in [ a : RM ] : Lose( r , m )',
    '\\/ \\E r \\in { 1 , 2 } : \\E m \\in [ a : RM ] : Keep( m )',
  ]);
});

test.each([
  "Next == x' = 1",
  'Next == A /\\ B',
  "Next == \\E r \\in RM : x' = r",
  'Next == \\/ A\n        \\/ x = 1 /\\ B',
  'Next(a) == A',
])('%s stays as it is', (text) => {
  expect(flatten(text, "A == x' = 2")).toBeUndefined();
});

test('a definition that collects itself is not put in for ever', () => {
  expect(flatten('Next == A \\/ Loop', 'Loop == Next \\/ A', "A == x' = 1")).toEqual(['\\/ A', '\\/ Next', '\\/ A']);
});

test('an action that begins with LET becomes a conjunction with the same columns to each other', () => {
  const action = unit("Flush(k) ==\n    LET n == k\n        m == n\n    IN  /\\ k > 0\n        /\\ x' = m");
  expect(withoutLeadingLet(action).lines).toEqual([
    'Flush(k) ==',
    '    TRUE /\\ LET n == k',
    '                m == n',
    '            IN  /\\ k > 0',
    "                /\\ x' = m",
  ]);
  const other = unit('Flush(k) ==\n    /\\ k > 0');
  expect(withoutLeadingLet(other)).toBe(other);
});
