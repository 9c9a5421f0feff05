import type { CoordinatorHost } from './coordinator-host.ts';
import type { Ledger, StoreContents } from './ledger.ts';
import type { LogWatcher } from './log-watcher.ts';
import { COORDINATOR, type SimulatedWorld } from './simulated-world.ts';
import type { SimulatedStore } from './simulation-parts.ts';
import type { StoreHost } from './store-host.ts';
import type { TransferClients } from './transfer-clients.ts';

/** For everything to finish once nothing goes wrong any more, in virtual milliseconds: some times the longest time-out. */
const LIVENESS_BOUND_MS = 120_000;

/** What the end of a simulation looks at. */
export interface FinishedParts {
  readonly world: SimulatedWorld;
  readonly coordinator: CoordinatorHost;
  readonly hosts: readonly StoreHost[];
  readonly stores: readonly SimulatedStore[];
  readonly clients: TransferClients;
  readonly ledger: Ledger;
  readonly watcher: LogWatcher;
  /** Whether to go no further. */
  isOver(): boolean;
}

/**
 * The liveness phase, after all has been healed: everybody gets an answer, every transaction finishes, a coordinator that is started
 * again recovers, nothing is in doubt, all locks are free, and the stores hold what was acknowledged and nothing else.
 */
export async function finish(parts: FinishedParts): Promise<void> {
  const { coordinator, clients, hosts } = parts;
  const isSettled = await within(parts, () => clients.areDone && hosts.every(({ isServing }) => isServing) && coordinator.isIdle);
  if (!isSettled) return reportStuck(parts, 'with everything healed');
  coordinator.supervisor.crash('process', 10);
  const recovery = await settled(
    parts,
    coordinator.opened().then(({ manager }) => manager.recovered),
  );
  if (recovery.state !== 'resolved') return reportStuck(parts, 'after a last restart');
  if (await nothingIsInDoubt(parts)) await audit(parts);
}

async function nothingIsInDoubt(parts: FinishedParts): Promise<boolean> {
  const { world, coordinator } = parts;
  const answer = await settled(
    parts,
    coordinator.opened().then(({ manager }) => manager.inDoubt()),
  );
  if (answer.state === 'resolved') {
    for (const { transaction, participant } of await answer.promise) {
      world.report('InDoubtEnds', `nothing is under way, and ${transaction} is in doubt in ${participant}`, transaction);
    }
  } else {
    world.report('Terminates', `the stores do not say what is in doubt: ${String(answer.error)}`);
  }
  return !parts.isOver();
}

/** Lets time pass until `isDone`, within the bound on liveness. */
function within({ world, isOver }: FinishedParts, isDone: () => boolean): Promise<boolean> {
  return world.queue.runUntil(() => isOver() || isDone(), world.queue.nowMs + LIVENESS_BOUND_MS);
}

/** A promise whose state can be looked at. */
interface Watched<Value> {
  readonly promise: Promise<Value>;
  state: 'pending' | 'resolved' | 'rejected';
  error?: unknown;
}

/** Lets time pass until the promise has settled, or the bound on liveness is over. */
async function settled<Value>(parts: FinishedParts, promise: Promise<Value>): Promise<Watched<Value>> {
  const watched: Watched<Value> = { promise, state: 'pending' };
  promise.then(
    () => {
      watched.state = 'resolved';
    },
    (error: unknown) => {
      watched.state = 'rejected';
      watched.error = error;
    },
  );
  await within(parts, () => watched.state !== 'pending');
  return watched;
}

function reportStuck({ world, coordinator, clients, hosts }: FinishedParts, when: string): void {
  const stats = coordinator.session?.manager.stats();
  const down = hosts.filter(({ isServing }) => !isServing).map(({ store }) => store.name);
  const manager = stats === undefined ? 'not open' : `with ${stats.active} active and ${stats.recovering} recovering transactions`;
  world.report(
    'Terminates',
    `${when}, not all has finished within ${LIVENESS_BOUND_MS} ms: ${clients.busy} clients wait, the manager is ${manager}, stores that do not serve: ${down.join(', ') || 'none'}`,
  );
}

async function audit(parts: FinishedParts): Promise<void> {
  const { world, coordinator, ledger, watcher } = parts;
  const reading = await settled(parts, readContents(parts));
  if (reading.state !== 'resolved') {
    const why = reading.state === 'rejected' ? String(reading.error) : 'no answer';
    return world.report(
      'Terminates',
      `the stores cannot be read in the end, by ${COORDINATOR} ${coordinator.supervisor.process.started}: ${why}`,
    );
  }
  const contents = await reading.promise;
  for (const [store, entries] of contents) compareWithJournal(world, store, entries, watcher.contentsOf(store));
  ledger.audit(contents, (property, message, tx) => world.report(property, message, tx));
}

/** Reads everything, each key under an exclusive lock: one that was never given back would be met here. */
async function readContents({ coordinator, stores }: FinishedParts): Promise<ReadonlyMap<string, StoreContents>> {
  const { manager } = await coordinator.opened();
  return manager.transaction(async (tx) => {
    const contents = new Map<string, StoreContents>();
    for (const { name } of stores) {
      const handle = (await tx.enlist(name)) as Awaited<ReturnType<ReturnType<SimulatedStore['create']>['enlist']>>;
      const entries = await handle.entries();
      for (const [key] of entries) if (!key.startsWith('mark-')) await handle.getForUpdate(key);
      contents.set(name, new Map(entries));
    }
    return contents;
  });
}

function compareWithJournal(world: SimulatedWorld, store: string, found: StoreContents, durable: StoreContents | undefined): void {
  if (durable === undefined) return;
  const differs = [...new Set([...found.keys(), ...durable.keys()])].find((key) => found.get(key) !== durable.get(key));
  if (differs === undefined) return;
  world.report('Durability', `${store} shows ${found.get(differs)} for ${differs}, and its journal says ${durable.get(differs)}`);
}
