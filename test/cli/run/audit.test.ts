/** Method: two stores that agree with a small workload, then each way of being wrong put into them by hand. */
import { describe, expect, it } from 'vitest';
import { type Answer, type Audit, audit, MAX_PROBLEMS } from '../../../src/cli/run/audit.ts';
import type { BankContent, Mark } from '../../../src/cli/run/bank-store.ts';
import type { Workload } from '../../../src/cli/run/workload.ts';

const at = (store: string, account: string) => ({ store, account });
const workload: Workload = {
  accounts: new Map([
    [
      'north',
      new Map([
        ['ann', 100],
        ['amy', 50],
      ]),
    ],
    ['south', new Map([['bob', 10]])],
  ]),
  transfers: [
    { id: 'across', from: at('north', 'ann'), to: at('south', 'bob'), amount: 30 },
    { id: 'inside', from: at('north', 'ann'), to: at('north', 'amy'), amount: 5 },
    { id: 'never', from: at('south', 'bob'), to: at('north', 'amy'), amount: 99 },
  ],
};

interface Store {
  balances: Map<string, bigint>;
  marks: Mark[];
}

function good(): { north: Store; south: Store } {
  const mark = (transfer: string, account: string, delta: bigint) => ({ transfer, account, delta });
  return {
    north: {
      balances: new Map([
        ['ann', 65n],
        ['amy', 55n],
      ]),
      marks: [mark('across', 'ann', -30n), mark('inside', 'ann', -5n), mark('inside', 'amy', 5n)],
    },
    south: { balances: new Map([['bob', 40n]]), marks: [mark('across', 'bob', 30n)] },
  };
}

const audited = (change: (stores: ReturnType<typeof good>) => void, answers: Record<string, Answer> = {}) => {
  const stores = good();
  change(stores);
  return audit(workload, new Map<string, BankContent>(Object.entries(stores)), new Map(Object.entries(answers)));
};

const textsOf = ({ problems }: Audit): string[] => problems.map(({ text }) => text);

describe('an audit', () => {
  it('finds nothing wrong where nothing is', () => {
    const found = audited(() => undefined, { across: 'committed', never: 'aborted' });
    expect(found).toEqual({
      committed: 2,
      absent: 1,
      totalBefore: 160n,
      totalAfter: 160n,
      totals: new Map([
        ['north', 120n],
        ['south', 40n],
      ]),
      problems: [],
      problemCount: 0,
    });
  });

  it.each<[string, (stores: ReturnType<typeof good>) => void, RegExp]>([
    [
      'a transfer of which one side is missing, balance and all',
      ({ south }) => {
        south.marks.pop();
        south.balances.set('bob', 10n);
      },
      /across is torn/,
    ],
    [
      'a third side',
      ({ north }) => {
        north.marks.push({ transfer: 'across', account: 'amy', delta: 0n });
      },
      /across is torn/,
    ],
    [
      'a side with another amount',
      ({ south }) => {
        south.marks[0] = { ...south.marks[0]!, delta: 31n };
        south.balances.set('bob', 41n);
      },
      /across is torn/,
    ],
    [
      'a side in another account',
      ({ north }) => {
        north.marks[0] = { ...north.marks[0]!, account: 'amy' };
        north.balances.set('ann', 95n).set('amy', 25n);
      },
      /across is torn/,
    ],
    [
      'a balance that no mark explains',
      ({ north }) => {
        north.balances.set('ann', 66n).set('amy', 54n);
      },
      /"ann" in north holds 66, and its marks say 65/,
    ],
    [
      'an account that is gone',
      ({ south }) => {
        south.balances.delete('bob');
      },
      /"bob" in south holds nothing/,
    ],
    [
      'an account that was never opened',
      ({ south }) => {
        south.balances.set('eve', 0n);
      },
      /"eve" in south holds 0, and its marks say nothing/,
    ],
    [
      'a mark of a transfer that nobody asked for',
      ({ north }) => {
        north.marks.push({ transfer: 'forged', account: 'ann', delta: 0n });
      },
      /forged is not in the workload/,
    ],
    [
      'money that came from nowhere',
      ({ north }) => {
        north.balances.set('ann', 66n);
      },
      /held 160 cents and hold 161/,
    ],
    [
      'an overdrawn account',
      ({ south }) => {
        south.balances.set('bob', -1n);
      },
      /overdrawn: -1/,
    ],
  ])('finds %s', (_, change, problem) => {
    expect(textsOf(audited(change)).join('\n')).toMatch(problem);
  });

  it('finds a transfer that was acknowledged and lost, and one that was refused and made', () => {
    expect(audited(() => undefined, { never: 'committed' }).problems).toEqual([
      { rule: 'kept', text: 'transfer never was answered with "committed" and is lost' },
    ]);
    expect(audited(() => undefined, { across: 'aborted' }).problems).toEqual([
      { rule: 'kept', text: 'transfer across was answered with "aborted" and has taken place' },
    ]);
  });

  it('shows some problems of a kind and counts all', () => {
    const forged = Array.from({ length: 50 }, (_, index) => ({ transfer: `f${index}`, account: 'ann', delta: 0n }));
    const found = audited(({ north }) => void north.marks.push(...forged));
    expect([found.problems.length, found.problemCount]).toEqual([MAX_PROBLEMS, 50]);
  });
});
