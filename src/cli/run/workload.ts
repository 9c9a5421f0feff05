import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { InvalidInputError } from '../../protocol/errors.ts';
import { type NumberedLine, numberedLines } from './numbered-lines.ts';

/** Ten thousand million whole units: no sum of these comes near the limits of a 64-bit integer. */
const MAX_CENTS = 1_000_000_000_000;
/** Every transfer is kept in memory, with what became of it. */
const MAX_TRANSFERS = 250_000;
/** All accounts of a store are opened in one transaction, which must fit into one record of a journal. */
const MAX_ACCOUNTS_PER_STORE = 5_000;
/** What an account holds at the start where the file does not say, in cents. */
export const DEFAULT_BALANCE = 100_000;
/** A file with more wrong lines than this is not a workload; the rest is only counted. */
const MAX_SHOWN_PROBLEMS = 10;

const tooMuch = `must be at most ${MAX_CENTS.toLocaleString('en')} cents`;
const text = z.string('must be a text');
const label = text.regex(/^[^\p{C}]{1,64}$/u, 'must be a text of 1 to 64 characters without control characters');
// Not z.int(), which has a bound of its own and would tell of both.
const cents = z.number('must be a whole number of cents').multipleOf(1, 'must be a whole number of cents').max(MAX_CENTS, tooMuch);
const place = z.strictObject({ store: text, account: label }, 'must be an object with "store" and "account"');
const transferLine = z.strictObject({
  id: label,
  from: place,
  to: place,
  amount: cents.min(1, 'must be at least 1 cent'),
});
const balances = z.record(label, cents.min(0, 'must be at least 0 cents'), 'must be an object with the balance of each account');
const accountsLine = z.strictObject({ accounts: z.record(z.string(), balances, 'must be an object with the accounts of each store') });

/** One account in one store. */
export type Place = z.output<typeof place>;
/** One transfer: `amount` cents go from one account to another, or nothing happens. */
export type Transfer = z.output<typeof transferLine>;

/** A checked workload: all that is in it can be executed. */
export interface Workload {
  /** What each account holds at the start, in cents, by store. */
  readonly accounts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly transfers: readonly Transfer[];
}

/**
 * Reads and checks a workload file: newline-delimited JSON in UTF-8, one transfer a line:
 *
 *     {"id":"t1","from":{"store":"bank_a","account":"alice"},"to":{"store":"ledger","account":"bob"},"amount":1250}
 *
 * The first line may be `{"accounts":{"bank_a":{"alice":50000}}}`: what the accounts hold, in cents. Then no other account
 * may be named; without it every account that is named holds {@link DEFAULT_BALANCE}. Blank lines are skipped.
 *
 * @param stores - the names that `store` may have.
 * @param maxTransfers - a longer workload is refused.
 * @throws InvalidInputError that gives the number of each bad line, and what is wrong with it. Nothing has been executed then.
 */
export async function readWorkload(path: string, stores: readonly string[], maxTransfers = MAX_TRANSFERS): Promise<Workload> {
  const draft = new WorkloadDraft(stores, maxTransfers);
  try {
    // It is read more than once, and a pipe gives its contents away only once.
    if (!(await stat(path)).isFile()) throw new Error('it is not a regular file. Save the transfers to one, and name that');
    for await (const line of numberedLines(createReadStream(path))) {
      draft.add(line);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInputError(`The workload ${path} cannot be read: ${reason}`, { cause });
  }
  return draft.finish(path);
}

class WorkloadDraft {
  readonly #stores: ReadonlySet<string>;
  readonly #maxTransfers: number;
  readonly #accounts: Map<string, Map<string, number>>;
  readonly #transfers: Transfer[] = [];
  readonly #lineOfId = new Map<string, number>();
  readonly #problems: string[] = [];
  #problemCount = 0;
  #hasAccountsLine = false;

  constructor(stores: readonly string[], maxTransfers: number) {
    this.#stores = new Set(stores);
    this.#maxTransfers = maxTransfers;
    this.#accounts = new Map(stores.map((store) => [store, new Map()]));
  }

  add(line: NumberedLine): void {
    const problem = line.problem ?? this.#take(line.number, line.text);
    if (problem === undefined) return;
    this.#problemCount += 1;
    if (this.#problems.length < MAX_SHOWN_PROBLEMS) this.#problems.push(`line ${line.number}: ${problem}`);
  }

  finish(path: string): Workload {
    if (this.#problemCount === 0 && this.#transfers.length === 0) throw new InvalidInputError(`The workload ${path} has no transfers.`);
    if (this.#problemCount > 0) {
      const more = this.#problemCount - this.#problems.length;
      const lines = [...this.#problems, ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `\n  ${line}`);
      throw new InvalidInputError(`The workload ${path} has bad lines; nothing was executed.${lines.join('')}`);
    }
    return { accounts: this.#accounts, transfers: this.#transfers };
  }

  /** Returns what is wrong with the line. */
  #take(number: number, text: string): string | undefined {
    if (text.trim() === '') return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return `not JSON: ${shortened(text)}`;
    }
    const isAccountsLine = number === 1 && typeof value === 'object' && value !== null && 'accounts' in value;
    return isAccountsLine ? this.#takeAccounts(value) : this.#takeTransfer(number, value);
  }

  #takeAccounts(value: unknown): string | undefined {
    this.#hasAccountsLine = true;
    const parsed = accountsLine.safeParse(value);
    if (!parsed.success) return describe(parsed.error, value);
    for (const [store, balances] of Object.entries(parsed.data.accounts)) {
      const known = this.#accounts.get(store);
      if (known === undefined) return `accounts: ${this.#noSuchStore(store)}`;
      for (const [account, balance] of Object.entries(balances)) known.set(account, balance);
      if (known.size > MAX_ACCOUNTS_PER_STORE) return tooManyAccounts(store);
    }
    return undefined;
  }

  #takeTransfer(number: number, value: unknown): string | undefined {
    const parsed = transferLine.safeParse(value);
    if (!parsed.success) return describe(parsed.error, value);
    const problem = this.#problemOf(parsed.data);
    if (problem !== undefined) return problem;
    if (this.#transfers.length === this.#maxTransfers) return `more than ${this.#maxTransfers} transfers; use several files`;
    this.#lineOfId.set(parsed.data.id, number);
    this.#transfers.push(parsed.data);
    return undefined;
  }

  #problemOf({ id, from, to }: Transfer): string | undefined {
    const earlier = this.#lineOfId.get(id);
    if (earlier !== undefined) return `id: "${id}" is that of line ${earlier} already`;
    if (from.store === to.store && from.account === to.account) return 'to: the same account as in "from"';
    return this.#problemOfPlace('from', from) ?? this.#problemOfPlace('to', to);
  }

  #problemOfPlace(field: string, { store, account }: Place): string | undefined {
    const known = this.#accounts.get(store);
    if (known === undefined) return `${field}.store: ${this.#noSuchStore(store)}`;
    if (known.has(account)) return undefined;
    if (this.#hasAccountsLine) return `${field}.account: the first line gives no account "${account}" in "${store}"`;
    if (known.size === MAX_ACCOUNTS_PER_STORE) return tooManyAccounts(store);
    known.set(account, DEFAULT_BALANCE);
    return undefined;
  }

  #noSuchStore(store: string): string {
    return `there is no store "${store}"; it is one of ${[...this.#stores].join(', ')}`;
  }
}

function tooManyAccounts(store: string): string {
  return `more than ${MAX_ACCOUNTS_PER_STORE} accounts in "${store}"`;
}

function describe(error: z.ZodError, value: unknown): string {
  const problems = error.issues.map((issue, index) => {
    // One problem a field: half a cent is also less than one.
    if (error.issues.findIndex(({ path }) => path.join('.') === issue.path.join('.')) < index) return [];
    const name = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      const unknown = issue.keys.map((key) => `"${key}"`).join(', ');
      return `${name === '' ? '' : `${name}: `}there is no field ${unknown}`;
    }
    if (issue.code === 'invalid_key') return `${name}: the name ${issue.issues[0]?.message ?? issue.message}`;
    if (name === '') return `must be a JSON object, as in the example of "crossbound run --help"`;
    return isMissing(value, issue.path) ? `${name} is missing` : `${name}: ${issue.message}`;
  });
  return problems.flat().join('; ');
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  let found = value;
  for (const key of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
  return found === undefined;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
