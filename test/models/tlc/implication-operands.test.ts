// Method: formulas whose value tla-checker gets wrong, evaluated by it on the spot so that the list cannot go stale, and
// formulas beside them that it gets right and that must not be reported.
import * as checker from 'tla-checker';
import { expect, test } from 'vitest';
import { misreadFormulas } from '../../../models/tlc/implication-operands.ts';
import '../../../models/tlc/wasm-engine.ts';

const report = (formula: string): number =>
  misreadFormulas({
    kind: 'definition',
    name: 'F',
    module: 'M',
    firstLine: 7,
    lines: `F ==\n    ${formula.replaceAll('\n', '\n    ')}`.split('\n'),
  }).length;

function evaluate(formula: string): unknown {
  const spec = "---- MODULE M ----\nVARIABLE x\nInit == x = 0\nNext == x' = x\n====";
  const answer: unknown = JSON.parse(checker.explore_eval(spec, 'INIT Init\nNEXT Next\n', '{}', '{"x":0}', formula));
  return answer;
}

test.each([
  ['FALSE => FALSE /\\ FALSE', true],
  ['TRUE \\/ TRUE => FALSE', false],
  ['FALSE <=> TRUE /\\ FALSE', true],
  ['x = 1 => x = 1 /\\ FALSE', true],
  ['{q \\in {1} : FALSE => TRUE /\\ FALSE} = {1}', true],
])('%s, which is %s, is misread and reported', (formula, meant) => {
  expect(evaluate(formula)).toMatchObject({ ok: true, json: !meant });
  expect(report(formula)).toBe(1);
});

test.each([
  ['FALSE => (FALSE /\\ FALSE)', true],
  ['(TRUE \\/ TRUE) => FALSE', false],
  ['FALSE /\\ FALSE => FALSE', true],
  ['FALSE => \\A q \\in {1} : FALSE /\\ FALSE', true],
  ['FALSE =>\n  /\\ FALSE\n  /\\ FALSE', true],
  ['/\\ FALSE => FALSE\n/\\ TRUE', true],
  ['\\/ FALSE\n\\/ TRUE => FALSE', false],
  ['IF TRUE => FALSE THEN TRUE ELSE FALSE \\/ FALSE', false],
  ['\\A q \\in {1} :\n  /\\ q = 2 => q = 3\n  /\\ q = 1', true],
])('%s, which is %s, is read rightly and not reported', (formula, meant) => {
  expect(evaluate(formula)).toMatchObject({ ok: true, json: meant });
  expect(report(formula)).toBe(0);
});
