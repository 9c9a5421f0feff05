import type { TransactionScope } from '../../runtime/transaction.ts';
import type { BankBranch, BankContent, BankStore } from './bank-store.ts';
import type { Transfer, Workload } from './workload.ts';

/** The stores of a workload by name. */
export type BankStores = ReadonlyMap<string, BankStore>;

/** Opens every account of the workload in every store: in all or in none. Wait for the transaction's `finished` before the first transfer. */
export async function openAccounts(tx: TransactionScope, stores: BankStores, workload: Workload): Promise<void> {
  for (const [name, balances] of workload.accounts) await (await join(tx, stores, name)).openAccounts(balances);
}

/**
 * Makes one transfer inside the transaction.
 *
 * Accounts are locked in one order, by store and then by account, whichever way the money goes: transfers in opposite
 * directions wait for each other and never in a circle.
 *
 * @throws CrossboundError `INSUFFICIENT_FUNDS` or `ALREADY_DONE`; let it out of the transaction, so that all is rolled back.
 */
export async function transferMoney(tx: TransactionScope, stores: BankStores, { id, from, to, amount }: Transfer): Promise<void> {
  const changes = [
    { ...from, delta: -amount },
    { ...to, delta: amount },
  ].sort((a, b) => compare(a.store, b.store) || compare(a.account, b.account));
  for (const { store, account, delta } of changes) await (await join(tx, stores, store)).change(id, account, delta);
}

/**
 * What all stores hold, read in one transaction. Read when all transfers have finished: a store may show its part of a
 * committed one a moment later than another.
 */
export async function readContents(tx: TransactionScope, stores: BankStores): Promise<ReadonlyMap<string, BankContent>> {
  const contents = new Map<string, BankContent>();
  for (const name of stores.keys()) contents.set(name, await (await join(tx, stores, name)).content());
  return contents;
}

function join(tx: TransactionScope, stores: BankStores, name: string): Promise<BankBranch> {
  const store = stores.get(name);
  if (store === undefined) throw new Error(`no store is named ${name}`);
  return store.join(tx);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
