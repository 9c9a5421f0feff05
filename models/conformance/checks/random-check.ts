/**
 * Random sequences of calls and restarts against a model of one store that is right at a glance: what is committed, and
 * what each branch has written. What goes wrong is shrunk, and repeated by the seed and path that the message gives.
 */
import fc from 'fast-check';
import type { Participant } from '../../../src/runtime/participant.ts';
import type { ConformanceCheck } from '../conformance-check.ts';
import { expectInDoubt, StoreUnderTest } from '../store-under-test.ts';

const KEYS = ['a', 'b', 'c'] as const;
const MAX_STEPS = 30;

/** One thing to do. `branch` counts those that are there, modulo their number; what makes no sense at that moment is left out. */
type Step =
  | { readonly do: 'enlist' }
  | { readonly do: 'write'; readonly branch: number; readonly key: (typeof KEYS)[number] }
  | { readonly do: 'prepare' | 'commit' | 'rollback' | 'repeat'; readonly branch: number }
  | { readonly do: 'restart' };

interface Branch {
  readonly tx: string;
  readonly handle: unknown;
  readonly writes: Map<string, string>;
  /** `undone`: rolled back when it was prepared, so that a crash may bring it back, to be rolled back again. */
  state: 'working' | 'prepared' | 'committed' | 'undone';
}

const branch = fc.nat({ max: 5 });
const steps = (survivesCrash: boolean) =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('enlist' as const) }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), branch, key: fc.constantFrom(...KEYS) }) },
      { weight: 7, arbitrary: fc.record({ do: fc.constantFrom('prepare' as const, 'commit' as const, 'rollback' as const), branch }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('repeat' as const), branch }) },
      ...(survivesCrash ? [{ weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) }] : []),
    ),
    { maxLength: MAX_STEPS },
  );

export const randomChecks: readonly ConformanceCheck[] = [
  {
    name: 'any sequence of calls and restarts leaves what a plain model says',
    group: 'random',
    guarantees: [1, 2, 3, 4, 5],
    async run({ fixture, random }) {
      const property = fc.asyncProperty(steps(fixture.survivesCrash ?? true), (sequence) =>
        StoreUnderTest.use(fixture, random, (store) => new Model(store).run(sequence)),
      );
      const { seed, path, runs } = random;
      const found = await fc.check(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) });
      if (!found.failed) return;
      const why = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
      const [sequence = []] = found.counterexample ?? [];
      const text = sequence.map((step, index) => `  ${index + 1}. ${describeStep(step)}`).join('\n');
      throw new Error(`${why}\nafter\n${text}\nRepeat it with { seed: ${found.seed}, path: ${JSON.stringify(found.counterexamplePath)} }.`);
    },
  },
];

function describeStep(step: Step): string {
  const which = 'branch' in step ? ` branch ${step.branch}` : '';
  return `${step.do}${which}${step.do === 'write' ? ` ${step.key}` : ''}`;
}

/** The store, and beside it what must be in it. */
class Model {
  readonly #store: StoreUnderTest;
  readonly #committed = new Map<string, string>();
  readonly #branches: Branch[] = [];

  constructor(store: StoreUnderTest) {
    this.#store = store;
  }

  async run(sequence: readonly Step[]): Promise<void> {
    let participant = await this.#store.open();
    for (const step of sequence) {
      if (step.do === 'restart') participant = await this.#restart();
      else if (step.do === 'enlist') await this.#enlist(participant);
      else await this.#advance(participant, step);
    }
    await this.#compare(participant, 'at the end');
    for (const { tx, state } of this.#branches) if (state === 'prepared' || state === 'working') await participant.rollback(tx);
    await expectInDoubt(participant, [], 'when everything has ended');
  }

  async #enlist(participant: Participant): Promise<void> {
    const tx = this.#store.newTransaction();
    this.#branches.push({ tx, handle: await this.#store.enlist(participant, tx), writes: new Map(), state: 'working' });
  }

  async #advance(participant: Participant, step: Exclude<Step, { do: 'restart' | 'enlist' }>): Promise<void> {
    const current = this.#branches[step.branch % this.#branches.length];
    if (current === undefined) return;
    const { tx, handle, writes, state } = current;
    switch (step.do) {
      case 'write': {
        if (state !== 'working' || this.#isHeld(step.key, current)) return;
        const value = `${tx} ${writes.size}`;
        await this.#store.write(handle, step.key, value);
        writes.set(step.key, value);
        return;
      }
      case 'prepare':
        if (state !== 'working') return;
        await participant.prepare(tx);
        current.state = 'prepared';
        return;
      case 'commit':
        if (state !== 'prepared') return;
        await participant.commit(tx);
        for (const [key, value] of writes) this.#committed.set(key, value);
        current.state = 'committed';
        return this.#compare(participant, `after commit of ${tx}`);
      case 'rollback':
        if (state !== 'prepared' && state !== 'working') return;
        await participant.rollback(tx);
        current.state = 'undone';
        return this.#compare(participant, `after rollback of ${tx}`);
      case 'repeat':
        if (state === 'committed') await participant.commit(tx);
        if (state === 'undone') await participant.rollback(tx);
        return this.#compare(participant, `after the outcome of ${tx} was said again`);
    }
  }

  async #restart(): Promise<Participant> {
    const participant = await this.#store.restart();
    const named = await participant.inDoubt();
    for (const { tx, state } of [...this.#branches]) {
      if (state === 'undone' && named.includes(tx)) await participant.rollback(tx);
    }
    const kept = this.#branches.filter(({ state }) => state !== 'working');
    this.#branches.splice(0, this.#branches.length, ...kept);
    await this.#compare(participant, 'after a restart');
    return participant;
  }

  /** Whether another branch may hold the key: who writes to it would wait. */
  #isHeld(key: string, by: Branch): boolean {
    return this.#branches.some(
      (other) => other !== by && (other.state === 'working' || other.state === 'prepared') && other.writes.has(key),
    );
  }

  async #compare(participant: Participant, when: string): Promise<void> {
    const prepared = this.#branches.filter(({ state }) => state === 'prepared').map(({ tx }) => tx);
    await expectInDoubt(participant, prepared, when);
    await this.#store.expectCommitted(Object.fromEntries(KEYS.map((key) => [key, this.#committed.get(key)])), when);
  }
}
