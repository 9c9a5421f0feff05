// Method: short traces made by hand, in each form that the description and the diagram tell apart.
import { describe, expect, test } from 'vitest';
import type { Trace } from '../../../models/tlc/check-result.ts';
import { parseValue, StateParser } from '../../../models/tlc/parse-tla-value.ts';
import type { TlaState } from '../../../models/tlc/tla-value.ts';
import { describeChanges, describeTrace } from '../../../src/cli/check/describe-trace.ts';
import { nearNames } from '../../../src/cli/check/near-names.ts';
import { sequenceDiagram } from '../../../src/cli/check/sequence-diagram.ts';

const plain = { action: (text: string) => text, place: (text: string) => text };

function traceOf(states: readonly (readonly [action: string | undefined, state: string])[], forever?: Trace['forever']): Trace {
  const parser = new StateParser();
  const steps = states.map(([action, state], index) => ({ number: index + 1, action, location: undefined, state: parser.parse(state) }));
  return { steps, ...(forever === undefined ? {} : { forever }) };
}

describe('what changed', () => {
  const changes = (before: string, after: string): string[] => {
    const state = (text: string): TlaState => ({ x: parseValue(text) });
    return describeChanges(state(before), state(after)).map(({ path, change }) => `${path}: ${change}`);
  };

  test.each([
    ['a plain value', '1', '2', ['x: 1 → 2']],
    ['a set, by element', '{1, 2}', '{2, 3}', ['x: + 3', 'x: - 1']],
    ['a function, by argument', '(p1 :> 1 @@ p2 :> 2)', '(p1 :> 1 @@ p2 :> 3)', ['x[p2]: 2 → 3']],
    ['functions of functions', '(p1 :> (t1 :> {} @@ t2 :> {}))', '(p1 :> (t1 :> {} @@ t2 :> {"a"}))', ['x[p1][t2]: + "a"']],
    ['a record, by field', '[a |-> 1, b |-> 2]', '[a |-> 1, b |-> 0]', ['x.b: 2 → 0']],
    ['a sequence that grew', '<<1>>', '<<1, 2, 3>>', ['x: appended 2, 3']],
    ['a sequence that did not', '<<1, 2>>', '<<2>>', ['x: <<1, 2>> → <<2>>']],
    ['another domain', '(p1 :> 1)', '(p2 :> 1)', ['x: (p1 :> 1) → (p2 :> 1)']],
    ['nothing', '{1}', '{1}', []],
  ])('of %s', (_what, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });
});

test('a step that changes nothing says so, and a lasso where it returns to', () => {
  const trace = traceOf(
    [
      [undefined, 'x = 1'],
      ['Idle', 'x = 1'],
      ['Step', 'x = 2'],
    ],
    { kind: 'loop', backTo: 2, action: 'Back' },
  );
  expect(describeTrace(trace, 'spec', plain).join('\n')).toBe(
    ' 1. initial state\n     x = 1\n 2. Idle\n     (nothing changes)\n 3. Step\n     x: 1 → 2\n   … and then back to step 2 by Back, for ever.',
  );
});

describe('the diagram', () => {
  test('of messages has an arrow where each is sent, a crossed one where it is lost, and the answer', () => {
    const prepare = '[type |-> "Prepare", tx |-> t1, rm |-> r1]';
    const trace = traceOf(
      [
        [undefined, '/\\ network = {}\n/\\ answers = (t1 :> {})'],
        ['RequestCommit', `/\\ network = {${prepare}}\n/\\ answers = (t1 :> {})`],
        ['LoseSome', '/\\ network = {}\n/\\ answers = (t1 :> {})'],
        ['AskOutcome', '/\\ network = {}\n/\\ answers = (t1 :> {"aborted"})'],
      ],
      { kind: 'stuttering' },
    );
    expect(
      sequenceDiagram(trace)
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'sequenceDiagram',
      'participant client',
      'participant coordinator',
      'participant r1',
      'client->>coordinator: RequestCommit',
      'coordinator->>r1: Prepare(t1)',
      'Note over coordinator: 3. LoseSome',
      'coordinator--xr1: Prepare(t1)',
      'Note over coordinator: 4. AskOutcome',
      'coordinator->>client: "aborted"',
      'Note over client,r1: nothing happens any more',
    ]);
  });

  test('without messages has a lane for each variable that changes, and no character that ends a statement', () => {
    const trace = traceOf([
      [undefined, '/\\ a = 1\n/\\ b = "x"\n/\\ c = 0'],
      ['Step', '/\\ a = 2\n/\\ b = "y;#"\n/\\ c = 0'],
    ]);
    expect(
      sequenceDiagram(trace)
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'sequenceDiagram',
      'participant a',
      'participant b',
      'Note over a,b: 2. Step',
      'Note over a: a: 1 → 2',
      'Note over b: b: "x" → "y,#35;"',
    ]);
  });
});

test.each([
  ['TwoPhaseComit', ['TwoPhaseCommit']],
  ['twophase', ['TwoPhaseCommit', 'TwoPhaseOptions']],
  ['Isolatoin', ['Isolation']],
  ['Xyzzy', []],
])('%s is near to %j', (name, expected) => {
  expect(nearNames(name, ['TransactionCommit', 'TwoPhaseCommit', 'TwoPhaseOptions', 'Isolation'])).toEqual(expected);
});
