// Method: small statecharts made for the purpose. Those with features that a table can show are compiled and compared with XState, step by
// step; each of the others has one feature that it cannot show, and must be refused with an error that names it.
import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, assign, createMachine, raise, setup } from 'xstate';
import { compileMachine } from '../../src/statecharts/compile-machine.ts';
import { CompiledChart } from '../../src/statecharts/compiled-chart.ts';
import { UnsupportedStatechartError } from '../../src/statecharts/supported-features.ts';
import { ANYONE, type TabulatedEvent } from '../../src/statecharts/transition-table.ts';
import { everyStep, firstDifference } from './every-step.ts';

interface Context {
  readonly participants: readonly string[];
  readonly heard: readonly string[];
  readonly readers: readonly string[];
  readonly isUrgent: boolean;
  readonly rounds: number;
}
type Event = { type: 'Vote'; participant: string; vote: 'yes' | 'reader' } | { type: 'Next' } | { type: 'Swap' };

const forms: readonly TabulatedEvent[] = [
  { type: 'Vote', participant: ANYONE, vote: 'yes' } as TabulatedEvent,
  { type: 'Vote', participant: ANYONE, vote: 'reader' } as TabulatedEvent,
  { type: 'Next' },
  { type: 'Swap' },
];
const identity = (participants: readonly string[]) => ({ participants });
const inOrder = (context: Context, names: readonly string[]) => context.participants.filter((name) => names.includes(name));

/** Votes in two kinds, a flag, and a number that ends: more than the charts of the protocol have. */
const polling = setup({
  types: { context: {} as Context, events: {} as Event, input: {} as { participants: readonly string[] } },
  guards: {
    isKnown: ({ context, event }) => event.type === 'Vote' && context.participants.includes(event.participant),
    isReader: ({ event }) => event.type === 'Vote' && event.vote === 'reader',
    everybodyWasHeard: ({ context }) => context.heard.length === context.participants.length,
    mayGoOn: ({ context }) => context.rounds < 3,
  },
  actions: {
    hear: assign({
      heard: ({ context, event }) => (event.type === 'Vote' ? inOrder(context, [...context.heard, event.participant]) : context.heard),
    }),
    noteReader: assign({
      readers: ({ context, event }) =>
        event.type === 'Vote' ? inOrder(context, [...context.readers, event.participant]) : context.readers,
    }),
    hurry: assign({ isUrgent: true, rounds: ({ context }) => context.rounds + 1 }),
    swap: assign({ heard: ({ context }) => context.readers, readers: ({ context }) => context.heard }),
    tell: () => {},
  },
}).createMachine({
  id: 'polling',
  context: ({ input }) => ({ ...input, heard: [], readers: [], isUrgent: false, rounds: 0 }),
  initial: 'open',
  states: {
    open: {
      on: {
        Vote: [
          { guard: 'isReader', actions: ['hear', 'noteReader'] },
          { guard: 'isKnown', actions: ['hear'] },
        ],
        Next: [
          { guard: 'everybodyWasHeard', target: 'closed', actions: 'tell' },
          { guard: 'mayGoOn', actions: 'hurry' },
        ],
        Swap: { actions: ['swap', 'tell'] },
      },
    },
    closed: {},
  },
});

test.each([1, 2, 3])('payloads, two sets, a flag and a bounded number are tabulated, for %i participants', (count) => {
  const description = { machine: polling, forms, identity };
  const roster = ['x', 'y', 'z'].slice(0, count);
  const steps = everyStep(description, roster);
  expect(steps.length).toBeGreaterThan(100);
  expect(firstDifference(new CompiledChart(description), roster, steps)).toBeUndefined();
});

describe('refused when it is loaded:', () => {
  const go = { on: { Go: 'b' } };
  const chart = (states: object, rest: object = {}): AnyStateMachine =>
    createMachine({ id: 'odd', initial: 'a', states: { b: {}, ...states }, ...rest } as object);
  const refused = (machine: AnyStateMachine, types: readonly string[] = ['Go']) => {
    const compile = () =>
      compileMachine({ machine, forms: types.map((type) => ({ type })), identity: (participants) => ({ participants }) }, 3);
    expect(compile).toThrow(UnsupportedStatechartError);
    return expect(compile);
  };

  test.each([
    ['nested states', { a: { ...go, initial: 'c', states: { c: {} } } }, 'the state "a" is compound'],
    ['a final state', { a: go, b: { type: 'final' } }, 'the state "b" is final'],
    ['entry actions', { a: { ...go, entry: 'act' } }, 'the state "a" has entry or exit actions'],
    ['exit actions', { a: { ...go, exit: 'act' } }, 'the state "a" has entry or exit actions'],
    ['an actor', { a: { ...go, invoke: { src: 'actor' } } }, 'the state "a" invokes an actor'],
    ['a delay', { a: { ...go, after: { 1000: 'b' } } }, 'the state "a" has delayed transitions'],
    ['an eventless transition', { a: { ...go, always: { target: 'b', guard: 'may' } } }, 'the state "a" has eventless transitions'],
    ['a wildcard', { a: { on: { Go: 'b', '*': 'b' } } }, 'the state "a" takes any event ("*")'],
    ['a guard without a name', { a: { on: { Go: { target: 'b', guard: () => true } } } }, 'a guard without a name'],
    ['an action without a name', { a: { on: { Go: { target: 'b', actions: () => {} } } } }, 'an action without a name'],
    ['a guard with parameters', { a: { on: { Go: { target: 'b', guard: { type: 'may', params: {} } } } } }, 'with parameters'],
  ])('%s', (_name, states, message) => {
    refused(chart(states)).toThrow(message);
  });

  test('parallel states', () => {
    refused(createMachine({ id: 'odd', type: 'parallel', states: { a: go, b: {} } } as object)).toThrow('its root is parallel');
  });

  test('an action of XState itself', () => {
    const machine = setup({ actions: { again: raise({ type: 'Stop' }) } }).createMachine({
      id: 'odd',
      initial: 'a',
      states: { a: { on: { Go: { actions: 'again' }, Stop: {} } } },
    });
    refused(machine, ['Go', 'Stop']).toThrow('"xstate.raise"');
  });

  test('an event of which no form is given', () => {
    refused(chart({ a: { on: { Go: 'b', Stop: 'b' } } })).toThrow('it takes the event Stop, of which no form is given');
  });

  test.each([
    [
      'that grows without end',
      { count: 0 },
      ({ context }: { context: { count: number } }) => ({ count: context.count + 1 }),
      'more than 10000 states',
    ],
    ['that is neither a set nor a plain value', { map: null }, () => ({ map: { a: 1 } }), 'the field "map" of its context is neither'],
    ['with strangers', { who: [] }, () => ({ who: ['somebody'] }), 'the field "who" of its context is not a set of its participants'],
    ['that appears later', {}, () => ({ late: true }), 'adds the field "late"'],
    ['that names the instance and changes', {}, () => ({ participants: [] }), 'it changes "participants"'],
  ])('a field of the context %s', (_name, context, change, message) => {
    const machine = setup({
      types: { input: {} as object, context: {} as object },
      actions: { change: assign(change as never) },
    }).createMachine({
      id: 'odd',
      context: ({ input }) => ({ participants: [], ...input, ...context }),
      initial: 'a',
      states: { a: { on: { Go: { actions: 'change' } } } },
    });
    refused(machine).toThrow(message);
  });

  test('participants that are not alike', () => {
    const machine = setup({
      types: { context: {} as { participants: readonly string[] }, events: {} as { type: 'Go'; participant: string }, input: {} as object },
      guards: { isFirst: ({ context, event }) => context.participants[0] === event.participant },
    }).createMachine({
      id: 'odd',
      context: ({ input }) => ({ participants: [], ...input }),
      initial: 'a',
      states: { a: { on: { Go: { guard: 'isFirst', target: 'b' } } }, b: {} },
    });
    const compile = () => compileMachine({ machine, forms: [{ type: 'Go', participant: ANYONE }], identity }, 3);
    expect(compile).toThrow('in "a" it does not treat all participants alike on "Go"');
  });
});
