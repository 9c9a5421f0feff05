import pg from 'pg';
import { z } from 'zod';
import type { KeyValueHandle } from '../../participants/key-value/key-value-view.ts';
import type { SqlHandle } from '../../participants/postgresql.ts';
import { CrossboundError } from '../../protocol/errors.ts';
import type { Participant } from '../../runtime/participant.ts';
import type { TransactionScope } from '../../runtime/transaction.ts';

/** What a store holds. Amounts are in cents. */
export interface BankContent {
  readonly balances: ReadonlyMap<string, bigint>;
  /** The marks that transfers left, in no particular order: which transfer changed which account, and by how much. */
  readonly marks: readonly Mark[];
}

/** Written in the transaction that changes the account: so the store tells by itself which transfers took place in it. */
export interface Mark {
  readonly transfer: string;
  readonly account: string;
  readonly delta: bigint;
}

/** One transaction's part in one store. */
export interface BankBranch {
  /** Makes the accounts, once. Rejects where there are some already. */
  openAccounts(balances: ReadonlyMap<string, number>): Promise<void>;
  /**
   * Adds `delta` cents to an account and leaves the transfer's mark.
   *
   * @throws CrossboundError `INSUFFICIENT_FUNDS`, or `ALREADY_DONE` where the transfer has left its mark before: an
   * attempt whose answer was lost took place.
   */
  change(transfer: string, account: string, delta: number): Promise<void>;
  content(): Promise<BankContent>;
}

/** A participant as a bank with accounts. */
export interface BankStore {
  readonly participant: Participant;
  /** Enlists it in the transaction. */
  join(tx: TransactionScope): Promise<BankBranch>;
}

const UNIQUE_VIOLATION = '23505';
const CHECK_VIOLATION = '23514';

/** Accounts and marks as tables, which must not exist yet: `accounts` and `transfers`. */
export function sqlBank(participant: Participant<SqlHandle>): BankStore {
  return { participant, join: async (tx) => sqlBranch(await tx.enlist(participant)) };
}

function sqlBranch(handle: SqlHandle): BankBranch {
  return {
    async openAccounts(balances) {
      await handle.query('CREATE TABLE accounts (id text PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0))');
      await handle.query(
        'CREATE TABLE transfers (id text, account text REFERENCES accounts, delta bigint NOT NULL, PRIMARY KEY (id, account))',
      );
      const columns = [[...balances.keys()], [...balances.values()]];
      await handle.query('INSERT INTO accounts SELECT * FROM unnest($1::text[], $2::bigint[])', columns);
    },
    async change(transfer, account, delta) {
      try {
        await handle.query('INSERT INTO transfers VALUES ($1, $2, $3)', [transfer, account, delta]);
        await handle.query('UPDATE accounts SET balance = balance + $2 WHERE id = $1', [account, delta]);
      } catch (error) {
        const code = error instanceof pg.DatabaseError ? error.code : undefined;
        if (code === CHECK_VIOLATION) throw insufficientFunds(transfer, account, error);
        throw code === UNIQUE_VIOLATION ? alreadyDone(transfer, error) : error;
      }
    },
    async content() {
      const accounts = await handle.query<{ id: string; balance: string }>('SELECT id, balance FROM accounts');
      const transfers = await handle.query<{ id: string; account: string; delta: string }>('SELECT id, account, delta FROM transfers');
      return {
        balances: new Map(accounts.rows.map(({ id, balance }) => [id, BigInt(balance)])),
        marks: transfers.rows.map(({ id, account, delta }) => ({ transfer: id, account, delta: BigInt(delta) })),
      };
    },
  };
}

const ACCOUNT = 'account/';
const MARK = 'transfer/';
const markKey = z.tuple([z.string(), z.string()]);

/** Accounts and marks as keys: `account/<id>` and `transfer/[<id>,<account>]`, the latter in JSON. */
export function keyValueBank(participant: Participant<KeyValueHandle>): BankStore {
  return { participant, join: async (tx) => keyValueBranch(await tx.enlist(participant)) };
}

function keyValueBranch(handle: KeyValueHandle): BankBranch {
  return {
    async openAccounts(balances) {
      const [first] = await handle.entries(ACCOUNT);
      if (first !== undefined) throw new CrossboundError('NOT_EMPTY', 'terminal', 'The store has accounts already; use an empty one.');
      for (const [account, balance] of balances) await handle.put(ACCOUNT + account, String(balance));
    },
    async change(transfer, account, delta) {
      const key = ACCOUNT + account;
      // Taken first, so that two attempts of one transfer come one after the other.
      const balance = BigInt((await handle.getForUpdate(key)) ?? 0) + BigInt(delta);
      const mark = MARK + JSON.stringify([transfer, account]);
      if ((await handle.getForUpdate(mark)) !== undefined) throw alreadyDone(transfer);
      if (balance < 0n) throw insufficientFunds(transfer, account);
      await handle.put(key, String(balance));
      await handle.put(mark, String(delta));
    },
    async content() {
      const accounts = await handle.entries(ACCOUNT);
      const marks = await handle.entries(MARK);
      return {
        balances: new Map(accounts.map(([key, balance]) => [key.slice(ACCOUNT.length), BigInt(balance)])),
        marks: marks.map(([key, delta]) => {
          const [transfer, account] = markKey.parse(JSON.parse(key.slice(MARK.length)));
          return { transfer, account, delta: BigInt(delta) };
        }),
      };
    },
  };
}

function insufficientFunds(transfer: string, account: string, cause?: unknown): CrossboundError {
  return new CrossboundError('INSUFFICIENT_FUNDS', 'terminal', `Transfer ${transfer}: the account "${account}" has not enough.`, { cause });
}

function alreadyDone(transfer: string, cause?: unknown): CrossboundError {
  return new CrossboundError('ALREADY_DONE', 'terminal', `Transfer ${transfer} has been made before.`, { cause });
}
