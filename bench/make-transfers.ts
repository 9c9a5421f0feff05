/**
 * Makes the workload that the demonstration runs: always the same one.
 *
 *     node bench/make-transfers.ts > workloads/transfers.ndjson
 */
import { fileURLToPath } from 'node:url';

const STORES = ['bank_a', 'bank_b', 'ledger'] as const;
const ACCOUNTS_PER_STORE = 24;
const TRANSFERS = 2_400;
/** One in so many asks for more than there is in all accounts together: it must abort, in whatever order all are made. */
const HOPELESS_ONE_IN = 12;
/** One in so many stays inside its store. */
const LOCAL_ONE_IN = 20;
const SEED = 20_240_611;

/** A small generator of pseudo-random numbers (mulberry32): the same numbers from the same seed, everywhere. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The lines of the workload, the opening balances first. */
export function makeTransfers(): string {
  const random = numbersFrom(SEED);
  const below = (bound: number) => Math.floor(random() * bound);
  const accountNames = Array.from({ length: ACCOUNTS_PER_STORE }, (_, index) => `acct-${String(index + 1).padStart(2, '0')}`);
  const accounts = Object.fromEntries(
    STORES.map((store) => [store, Object.fromEntries(accountNames.map((account) => [account, 5_000 + 100 * below(150)]))]),
  );
  const everything = Object.values(accounts)
    .flatMap((balances) => Object.values(balances))
    .reduce((total, balance) => total + balance, 0);
  const place = (store: string) => ({ store, account: accountNames[below(ACCOUNTS_PER_STORE)] });
  const lines: object[] = [{ accounts }];
  for (let number = 1; number <= TRANSFERS; number += 1) {
    const [home, other] = [below(STORES.length), 1 + below(STORES.length - 1)];
    const isLocal = below(LOCAL_ONE_IN) === 0;
    const from = place(STORES[home] ?? STORES[0]);
    let to = place(STORES[(home + (isLocal ? 0 : other)) % STORES.length] ?? STORES[0]);
    while (to.store === from.store && to.account === from.account) to = place(to.store);
    const amount = below(HOPELESS_ONE_IN) === 0 ? everything + 1 + below(100_000) : 1 + below(4_000);
    lines.push({ id: `t${String(number).padStart(4, '0')}`, from, to, amount });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(makeTransfers());
