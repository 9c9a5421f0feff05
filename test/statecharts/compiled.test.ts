// Method: XState is the oracle. Every step that it takes or refuses, from every snapshot that it reaches with up to four participants, is
// taken through the table and compared; larger transactions are walked at random. Then every cell of a table is broken, one at a time, and
// the comparison must see it. That the oracle itself is right is shown by replay, in test/models/two-phase-commit.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnyMachineSnapshot, initialTransition } from 'xstate';
import { InterpretedInstance } from '../../src/statecharts/chart-instance.ts';
import { branchDescription, coordinatorDescription, newCoordinator, resumeCoordinator } from '../../src/statecharts/compiled.ts';
import { CompiledChart } from '../../src/statecharts/compiled-chart.ts';
import { type CoordinatorEvent, presumedAborted, recoveredCommit } from '../../src/statecharts/coordinator.ts';
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
    // Both taken and refused ones, in every state.
    const states = Object.keys(coordinatorDescription.machine.config.states ?? {});
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
      { numRuns: 20 },
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
  const fresh = (): AnyChart => new CompiledChart(coordinatorDescription);
  const cells = [...(fresh().table(3)?.next ?? [])].flatMap((next, cell) => (next === REFUSED ? [] : [cell]));
  const breaks = {
    'another next state': (chart, cell) => rotate(chart.table(3)?.next, cell, chart.table(3)?.states.length),
    'a refusal': (chart, cell) => chart.table(3)?.next.set([REFUSED], cell),
    'other actions': (chart, cell) => rotate(chart.table(3)?.actions, cell, chart.table(3)?.actionLists.length),
  } satisfies Record<string, (chart: AnyChart, cell: number) => void>;

  test.each(Object.entries(breaks))('%s', (_name, damage: (chart: AnyChart, cell: number) => void) => {
    expect(cells.length).toBeGreaterThan(50);
    for (const cell of cells) {
      const chart = fresh();
      damage(chart, cell);
      expect({ cell, difference: firstDifference(chart, roster, steps) }).not.toEqual({ cell, difference: undefined });
    }
  });

  test('an event that should be refused', () => {
    const table = fresh().table(3);
    const reached = new Set(steps.map(({ before, event }) => `${before.value} ${event.type}`)).size;
    expect(reached).toBeGreaterThan(50);
    // RequestRollback has no participant, so each of its cells can be reached; only `working` takes it.
    const column = table?.columns.get('RequestRollback');
    const first = column !== undefined && 'first' in column ? column.first : -1;
    const refusing = [...(table?.states.keys() ?? [])].filter((state) => table?.next[state * table.width + first] === REFUSED);
    expect(refusing.length).toBe((table?.states.length ?? 0) - 1);
    for (const state of refusing) {
      const chart = fresh();
      chart.table(3)?.next.set([0], state * (table?.width ?? 0) + first);
      expect(firstDifference(chart, roster, steps)).toBeDefined();
    }
  });

  test('a set that is not updated', () => {
    const updating = cells.filter((cell) => fresh().table(3)?.update[cell] !== 0);
    expect(updating.length).toBeGreaterThan(5);
    for (const cell of updating) {
      const chart = fresh();
      chart.table(3)?.update.set([0], cell);
      expect({ cell, difference: firstDifference(chart, roster, steps) }).not.toEqual({ cell, difference: undefined });
    }
  });
});

function rotate(numbers: Int32Array | undefined, cell: number, bound: number | undefined): void {
  numbers?.set([((numbers[cell] ?? 0) + 1) % (bound ?? 1)], cell);
}

test('the tables have the states that XState reaches, no fewer and no more', () => {
  const roster = rosterOf(4);
  const chart: AnyChart = new CompiledChart(coordinatorDescription);
  const counted = everyStep(coordinatorDescription, roster).map(({ before }) => `${before.value} ${before.context.heard.length}`);
  expect(chart.table(4)?.states.length).toBe(new Set(counted).size);
  expect(initialTransition(coordinatorDescription.machine, coordinatorDescription.identity(roster))[0].value).toBe(
    chart.table(4)?.states[0]?.value,
  );
});
