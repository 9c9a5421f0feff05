import type { BankContent } from './bank-store.ts';
import type { Transfer, Workload } from './workload.ts';

/** What was said to the client of a transfer. Nothing was where the client got no answer. */
export type Answer = 'committed' | 'aborted';

/** What must hold: the numbers of {@link audit}, in words. */
export type AuditRule = 'conserved' | 'all or nothing' | 'explained' | 'kept';

export interface AuditProblem {
  readonly rule: AuditRule;
  /** For people. */
  readonly text: string;
}

/** What an audit found. All amounts are in cents. */
export interface Audit {
  /** Transfers that took place. */
  readonly committed: number;
  /** Transfers that left nothing. */
  readonly absent: number;
  readonly totalBefore: bigint;
  readonly totalAfter: bigint;
  /** By store. */
  readonly totals: ReadonlyMap<string, bigint>;
  /** Empty when all is well; else what is wrong, at most {@link MAX_PROBLEMS} for each rule. */
  readonly problems: readonly AuditProblem[];
  readonly problemCount: number;
}

export const MAX_PROBLEMS = 20;

/**
 * Compares what the stores hold with what may be there. It knows the workload, the stores' contents and the answers, and nothing of
 * how the transfers were made:
 *
 * 1. Conserved: the balances of all stores together are what they were.
 * 2. All or nothing: each transfer has left both of its marks, with the right amounts, or none.
 * 3. Explained: each balance is the first one plus the marks, and none is negative; no mark is of an unknown transfer.
 * 4. Kept: what was answered with "committed" is there, what was answered with "aborted" is not.
 */
export function audit(workload: Workload, contents: ReadonlyMap<string, BankContent>, answers: ReadonlyMap<string, Answer>): Audit {
  const problems: AuditProblem[] = [];
  let problemCount = 0;
  const report = (rule: AuditRule, text: string) => {
    problemCount += 1;
    if (problems.filter((problem) => problem.rule === rule).length < MAX_PROBLEMS) problems.push({ rule, text });
  };
  const marks = marksByTransfer(contents);
  let committed = 0;
  for (const transfer of workload.transfers) {
    const left = marks.get(transfer.id) ?? new Map();
    marks.delete(transfer.id);
    const isThere = left.size > 0;
    if (isThere) committed += 1;
    if (isThere && !isWhole(transfer, left))
      report('all or nothing', `transfer ${transfer.id} is torn: it has left ${shown(left)} and not ${shown(expectedMarks(transfer))}`);
    const answer = answers.get(transfer.id);
    if (answer === 'committed' && !isThere) report('kept', `transfer ${transfer.id} was answered with "committed" and is lost`);
    if (answer === 'aborted' && isThere) report('kept', `transfer ${transfer.id} was answered with "aborted" and has taken place`);
  }
  for (const [id, left] of marks) report('explained', `transfer ${id} is not in the workload and has left ${shown(left)}`);
  for (const problem of unexplainedBalances(workload, contents)) report('explained', problem);
  const totals = new Map([...contents].map(([store, { balances }]) => [store, sum(balances.values())]));
  const totalBefore = sum([...workload.accounts.values()].flatMap((balances) => [...balances.values()].map(BigInt)));
  const totalAfter = sum(totals.values());
  if (totalBefore !== totalAfter) report('conserved', `the stores held ${totalBefore} cents and hold ${totalAfter}`);
  return { committed, absent: workload.transfers.length - committed, totalBefore, totalAfter, totals, problems, problemCount };
}

/** What one transfer has left: the amount by place. */
type Left = Map<string, bigint>;

function marksByTransfer(contents: ReadonlyMap<string, BankContent>): Map<string, Left> {
  const byTransfer = new Map<string, Left>();
  for (const [store, { marks }] of contents) {
    for (const { transfer, account, delta } of marks) {
      const left = byTransfer.get(transfer) ?? new Map();
      byTransfer.set(transfer, left.set(placeOf(store, account), delta));
    }
  }
  return byTransfer;
}

function expectedMarks({ from, to, amount }: Transfer): Left {
  return new Map([
    [placeOf(from.store, from.account), BigInt(-amount)],
    [placeOf(to.store, to.account), BigInt(amount)],
  ]);
}

function isWhole(transfer: Transfer, left: Left): boolean {
  const expected = expectedMarks(transfer);
  return left.size === expected.size && [...expected].every(([place, delta]) => left.get(place) === delta);
}

function* unexplainedBalances(workload: Workload, contents: ReadonlyMap<string, BankContent>): Generator<string> {
  for (const [store, { balances, marks }] of contents) {
    const expected = new Map([...(workload.accounts.get(store) ?? [])].map(([account, balance]) => [account, BigInt(balance)]));
    for (const { account, delta } of marks) expected.set(account, (expected.get(account) ?? 0n) + delta);
    for (const account of new Set([...expected.keys(), ...balances.keys()])) {
      const [is, should] = [balances.get(account), expected.get(account)];
      if (is !== should) yield `${placeOf(store, account)} holds ${is ?? 'nothing'}, and its marks say ${should ?? 'nothing'}`;
      if (is !== undefined && is < 0n) yield `${placeOf(store, account)} is overdrawn: ${is}`;
    }
  }
}

function placeOf(store: string, account: string): string {
  return `"${account}" in ${store}`;
}

function shown(left: Left): string {
  return [...left].map(([place, delta]) => `${delta} for ${place}`).join(', ');
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
