import type { KeyValueHandle } from '../../src/participants/key-value/key-value-view.ts';
import { CrossboundError, InDoubtError } from '../../src/protocol/errors.ts';
import type { TransactionScope } from '../../src/runtime/transaction.ts';
import type { CoordinatorHost, CoordinatorSession } from './coordinator-host.ts';
import { type Ledger, markOf, type Posting } from './ledger.ts';
import type { Outcome } from './outcome-oracle.ts';
import type { Random } from './random.ts';
import { passing, type SimulatedWorld } from './simulated-world.ts';

/** Few make for conflicts and deadlocks, many for commits. */
const [MIN_ACCOUNTS, MAX_ACCOUNTS] = [3, 40];
/** How often a client asks for an outcome that the coordinator does not know yet, before it gives up. */
const MAX_QUESTIONS = 200;

/** What a client does in its transaction; the most likely first. */
type Intent = 'transfer' | 'read' | 'throw' | 'signal' | 'dawdle' | 'hurry';

/** How an attempt ended, for the client. */
interface Ending {
  readonly kind: Outcome | 'inDoubt' | 'refused' | 'unanswered';
  readonly cause?: string;
}

const UNANSWERED: Ending = { kind: 'unanswered' };

/** The error of a client that changes its mind. */
class ChangedMind extends Error {}

/** Concurrent clients that move money between accounts in different stores, on the same few keys, and note what they were told. */
export class TransferClients {
  readonly #world: SimulatedWorld;
  readonly #coordinator: CoordinatorHost;
  readonly #stores: readonly string[];
  readonly #ledger: Ledger;
  readonly #accounts: readonly string[];
  #left: number;
  #busy = 0;

  constructor(world: SimulatedWorld, coordinator: CoordinatorHost, stores: readonly string[], ledger: Ledger, transactions: number) {
    this.#world = world;
    this.#coordinator = coordinator;
    this.#stores = stores;
    this.#ledger = ledger;
    this.#left = transactions;
    const count = Math.round(world.random.fork('accounts').spread(MIN_ACCOUNTS, MAX_ACCOUNTS));
    this.#accounts = Array.from({ length: count }, (_, index) => `account-${index}`);
  }

  /** Whether every client has done its work and has its answers. */
  get areDone(): boolean {
    return this.#left === 0 && this.#busy === 0;
  }

  get busy(): number {
    return this.#busy;
  }

  start(clients: number): void {
    for (let client = 1; client <= clients; client += 1) {
      this.#busy += 1;
      this.#run(this.#world.random.fork(`client ${client}`)).then(
        () => {
          this.#busy -= 1;
        },
        (error: unknown) => this.#world.report('ClientsFinish', `a client has failed: ${String(error)}`),
      );
    }
  }

  async #run(random: Random): Promise<void> {
    while (this.#left > 0) {
      this.#left -= 1;
      await passing(this.#world.queue, random.spread(1, 60));
      await this.#attempt(await this.#coordinator.opened(), random);
    }
  }

  async #attempt({ manager, incarnation }: CoordinatorSession, random: Random): Promise<void> {
    const intent = random.chance(0.9) ? 'transfer' : random.pick<Intent>(['read', 'throw', 'signal', 'dawdle', 'hurry']);
    let tx: string | undefined;
    let sum = 0;
    const work = async (scope: TransactionScope) => {
      tx = scope.id;
      this.#world.statistics.transactions += 1;
      if (intent === 'read') sum = await this.#readAll(scope);
      else await this.#transfer(scope, intent, random);
    };
    const control = new AbortController();
    if (intent === 'signal') this.#world.queue.schedule(random.spread(1, 200), () => control.abort(new ChangedMind('enough')));
    const options = { signal: control.signal, ...(intent === 'hurry' ? { timeoutMs: Math.ceil(random.spread(1, 50)) } : {}) };
    const answer = manager.transaction(work, options).then(
      (): Ending => ({ kind: 'committed' }),
      (error: unknown) => endingOf(error, tx),
    );
    const ending = await Promise.race([answer, incarnation.died.then(() => UNANSWERED)]);
    if (intent === 'read' && ending.kind === 'committed' && incarnation.isAlive && sum !== 0) {
      this.#world.report('Isolation', `a transaction that read all accounts, and was committed, found ${sum} in them together`, tx);
    }
    await this.#note(tx, incarnation.isAlive ? ending : UNANSWERED);
  }

  async #transfer(scope: TransactionScope, intent: Intent, random: Random): Promise<void> {
    const amount = 1 + random.below(100);
    const chosen = random.sample(this.#stores, 2 + random.below(this.#stores.length - 1));
    const postings = chosen.map((store, index): Posting => {
      const share = index === 0 ? -amount * (chosen.length - 1) : amount;
      return { store, account: random.pick(this.#accounts), amount: share };
    });
    this.#ledger.note(scope.id, postings);
    for (const posting of postings) await this.#post(scope, posting);
    if (intent === 'dawdle') await passing(this.#world.queue, random.spread(100, 9_000));
    if (intent === 'throw') throw new ChangedMind('changed my mind');
  }

  async #post(scope: TransactionScope, { store, account, amount }: Posting): Promise<void> {
    const handle = await enlist(scope, store);
    const balance = Number((await handle.getForUpdate(account)) ?? 0);
    await handle.put(account, String(balance + amount));
    await handle.put(markOf(scope.id), `${account} ${amount}`);
  }

  /** Strict two-phase locking shows a reader of everything one moment of it: the sum is what was there at the beginning, nothing. */
  async #readAll(scope: TransactionScope): Promise<number> {
    let sum = 0;
    for (const store of this.#stores) {
      const handle = await enlist(scope, store);
      for (const account of this.#accounts) sum += Number((await handle.get(account)) ?? 0);
    }
    return sum;
  }

  async #note(tx: string | undefined, { kind, cause }: Ending): Promise<void> {
    const { statistics, queue } = this.#world;
    statistics[kind] += 1;
    if (cause !== undefined) statistics.abortsByCause[cause] = (statistics.abortsByCause[cause] ?? 0) + 1;
    if (tx === undefined) {
      // Nothing was begun: it is tried again when there may be room.
      this.#left += 1;
      return passing(queue, 200);
    }
    this.#world.trace.record('client', `of ${tx}: ${kind}${cause === undefined ? '' : `, ${cause}`}`);
    if (kind === 'committed' || kind === 'aborted') this.#told(tx, kind);
    else await this.#ask(tx);
  }

  /** One who was told nothing asks later, until somebody knows. */
  async #ask(tx: string): Promise<void> {
    for (let question = 0; question < MAX_QUESTIONS; question += 1) {
      const { manager } = await this.#coordinator.opened();
      const outcome = manager.outcome(tx);
      if (outcome === 'committed' || outcome === 'aborted') {
        this.#world.trace.record('client', `of ${tx} asks and hears: ${outcome}`);
        return this.#told(tx, outcome);
      }
      await passing(this.#world.queue, 500);
    }
  }

  #told(tx: string, outcome: Outcome): void {
    this.#ledger.told(tx, outcome);
    this.#world.oracle.told(tx, outcome);
  }
}

async function enlist(scope: TransactionScope, store: string): Promise<KeyValueHandle> {
  return (await scope.enlist(store)) as KeyValueHandle;
}

/** What a rejection of `transaction` means for the client; an error of the work itself comes out after the roll-back. */
function endingOf(error: unknown, tx: string | undefined): Ending {
  if (tx === undefined) return { kind: 'refused' };
  if (error instanceof InDoubtError) return { kind: 'inDoubt' };
  return {
    kind: 'aborted',
    cause: error instanceof CrossboundError ? error.code : error instanceof ChangedMind ? 'CLIENT' : String(error),
  };
}
