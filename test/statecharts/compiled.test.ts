// Method: XState is the oracle. Every step that it takes or refuses, from every snapshot that it reaches with up to four participants, is
// taken through the table and compared; larger transactions are walked at random. Then every cell of a table is broken, one at a time, and
// the comparison must see it. That the oracle itself is right is shown by replay, in test/models/two-phase-commit.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnyMachineSnapshot, initialTransition } from 'xstate';
import { InterpretedInstance } from '../../src/statecharts/chart-instance.ts';
import { branchDescription, coordinatorDescription, newCoordinator, resumeCoordinator } from '../../src/statecharts/compiled.ts';
import { CompiledChart } from '../../src/statecharts/compiled-chart.ts';
import { type CoordinatorContext, type CoordinatorEvent, presumedAborted, recoveredCommit } from '../../src/statecharts/coordinator.ts';
import { beginCoordinator, stepCoordinator } from '../../src/statecharts/step.ts';
import { MAX_TABULATED_PARTICIPANTS, REFUSED, type TabulatedEvent } from '../../src/statecharts/transition-table.ts';
import { everyStep, firstDifference, shown } from './every-step.ts';

const rosterOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `store-${index + 1}`);
type AnyChart = CompiledChart<AnyMachineSnapshot, TabulatedEvent>;

describe('the compiled statechart takes every step that XState takes, and no other:', () => {
  test.each([0, 1, 2, 3, 4])('the coordinator of %i participants', (count) => {
    const roster = rosterOf(count);
    const chart: AnyChart = new CompiledChart(coordinatorDescription);
    const steps = everyStep(coordinatorDescription, roster);
    expect(firstDifference(chart, roster, steps)).toBeUndefined();
    // Both taken and refused ones, in every state; only of one participant is the decision delegated (OnePhaseIsAlone).
    const states = Object.keys(coordinatorDescription.machine.config.states ?? {}).filter((state) => count === 1 || state !== 'delegated');
    if (count > 0)
      expect(new Set(steps.filter(({ expected }) => expected !== 'refused').map(({ before }) => before.value))).toEqual(new Set(states));
    expect(steps.filter(({ expected }) => expected === 'refused').length).toBeGreaterThan(10);
  });

  test('a branch', () => {
    const chart: AnyChart = new CompiledChart(branchDescription);
    expect(firstDifference(chart, [], everyStep(branchDescription, []))).toBeUndefined();
  });

  test('what recovery finds in a log', () => {
    const found = [recoveredCommit({ type: 'Commit', tx: 't', participants: ['a', 'b'] }), presumedAborted('t')];
    for (const snapshot of found) {
      const instance = resumeCoordinator(snapshot);
      expect(instance).not.toBeInstanceOf(InterpretedInstance);
      expect(shown(instance.snapshot, [])).toBe(shown(snapshot, []));
    }
  });
});

describe('the bound on participants', () => {
  const bound = MAX_TABULATED_PARTICIPANTS;

  test.each([
    [bound - 1, 'compiled'],
    [bound, 'compiled'],
    [bound + 1, 'interpreted'],
  ])('with %i the coordinator is %s, and commits as XState does, whatever the order of votes and of late news', (count, path) => {
    const roster = rosterOf(count);
    expect(newCoordinator('t', roster) instanceof InterpretedInstance).toBe(path === 'interpreted');
    const anyone = fc.constantFrom(...roster, 'a stranger');
    const noise = fc.oneof(
      fc.record({ type: fc.constantFrom('ReceiveYes', 'ReceiveAck', 'Resend'), participant: anyone }),
      fc.constant({ type: 'AskOutcome' }),
    );
    const order = fc.shuffledSubarray(roster, { minLength: count });
    fc.assert(
      fc.property(order, order, fc.array(noise, { maxLength: 20 }), (votes, acks, late) => {
        const events = [
          { type: 'RequestCommit' },
          ...late,
          ...votes.map((participant) => ({ type: 'ReceiveYes', participant })),
          { type: 'FlushCoordinator', record: 'Commit' },
          ...late,
          ...acks.map((participant) => ({ type: 'ReceiveAck', participant })),
        ] as CoordinatorEvent[];
        const instance = newCoordinator('t', roster);
        let snapshot = beginCoordinator('t', roster);
        for (const event of events) {
          const step = stepCoordinator(snapshot, event);
          expect(instance.step(event) !== undefined).toBe(step.accepted);
          snapshot = step.snapshot;
          expect(shown(instance.snapshot, [])).toBe(shown(snapshot, []));
        }
        expect(instance.value).toBe('forgotten');
      }),
      { numRuns: 8 },
    );
  });
});

test('an event in a form that nobody named is interpreted, and so is what comes after it', () => {
  const forms = coordinatorDescription.forms.map((form) => (form.type === 'FlushCoordinator' ? { ...form, record: 'other' } : form));
  const chart: AnyChart = new CompiledChart({ ...coordinatorDescription, forms });
  const steps = everyStep(coordinatorDescription, ['a', 'b']);
  expect(firstDifference(chart, ['a', 'b'], steps)).toBeUndefined();
  const instance = chart.begin({ transaction: 't', participants: ['a'] }, ['a']);
  instance.step({ type: 'RequestCommit' });
  instance.step({ type: 'ReceiveYes', participant: 'a' });
  expect(instance.step({ type: 'FlushCoordinator', record: 'Commit' } as TabulatedEvent)).toEqual(['sendCommitToAll', 'answerCommitted']);
  expect(instance.step({ type: 'ReceiveAck', participant: 'a' })).toEqual(['appendEnd']);
  expect(instance.value).toBe('forgotten');
});

describe('each cell of a table is looked at: the comparison sees', () => {
  const roster = rosterOf(3);
  const steps = everyStep(coordinatorDescription, roster);
  const chart: AnyChart = new CompiledChart(coordinatorDescription);
  const table = chart.table(3);
  if (table === undefined) throw new Error('three participants are within the bound');
  const cells = [...table.next].flatMap((next, cell) => (next === REFUSED ? [] : [cell]));
  const breaks: Readonly<Record<string, [Int32Array, (old: number) => number]>> = {
    'another next state': [table.next, (old) => (old + 1) % table.states.length],
    'a refusal': [table.next, () => REFUSED],
    'other actions': [table.actions, (old) => (old + 1) % table.actionLists.length],
  };

  /** What the comparison says while one cell is another. To compile anew for each would take minutes. */
  const differenceWith = (numbers: Int32Array, cell: number, value: number): string | undefined => {
    const old = numbers[cell] ?? 0;
    numbers[cell] = value;
    try {
      return firstDifference(chart, roster, steps);
    } finally {
      numbers[cell] = old;
    }
  };

  test.each(Object.entries(breaks))('%s', (_name, [numbers, damaged]) => {
    expect(cells.length).toBeGreaterThan(50);
    for (const cell of cells) {
      const difference = differenceWith(numbers, cell, damaged(numbers[cell] ?? 0));
      expect({ cell, difference }).not.toEqual({ cell, difference: undefined });
    }
    expect(firstDifference(chart, roster, steps)).toBeUndefined();
  });

  test('an event that should be refused', () => {
    const reached = new Set(steps.map(({ before, event }) => `${before.value} ${event.type}`)).size;
    expect(reached).toBeGreaterThan(50);
    // RequestRollback has no participant, so each of its cells can be reached; only `working` takes it.
    const column = table.columns.get('RequestRollback');
    const first = column !== undefined && 'first' in column ? column.first : -1;
    const refusing = [...table.states.keys()].filter((state) => table.next[state * table.width + first] === REFUSED);
    expect(refusing.length).toBe(table.states.length - 1);
    for (const state of refusing) expect(differenceWith(table.next, state * table.width + first, 0)).toBeDefined();
  });

  test('a set that is not updated', () => {
    const updating = cells.filter((cell) => table.update[cell] !== 0);
    expect(updating.length).toBeGreaterThan(5);
    for (const cell of updating) {
      const difference = differenceWith(table.update, cell, 0);
      expect({ cell, difference }).not.toEqual({ cell, difference: undefined });
    }
  });
});

test('the tables have the states that XState reaches, no fewer and no more', () => {
  const roster = rosterOf(4);
  const chart: AnyChart = new CompiledChart(coordinatorDescription);
  // Who has been heard, or is a reader, does not matter to what comes next, but how many of them there are.
  const counted = everyStep(coordinatorDescription, roster).map(({ before: { value, context } }) => {
    const { heard, readers } = context as CoordinatorContext;
    return [value, ...roster.map((name) => `${heard.includes(name)} ${readers.includes(name)}`).sort()].join();
  });
  expect(chart.table(4)?.states.length).toBe(new Set(counted).size);
  expect(initialTransition(coordinatorDescription.machine, coordinatorDescription.identity(roster))[0].value).toBe(
    chart.table(4)?.states[0]?.value,
  );
});
