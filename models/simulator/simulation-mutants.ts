/**
 * Ways of breaking what surrounds the runtime and what it rests on, one deliberate bug each: a log, a participant, a file system, a
 * timer. The simulator must find every one of them within so many seeds: a world in which a bug can hide proves nothing.
 */
import type { DecisionLog } from '../../src/log/decision-log.ts';
import type { OpenedStore } from '../../src/participants/key-value/key-value-participant.ts';
import type { KeyValueHandle } from '../../src/participants/key-value/key-value-view.ts';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';
import type { Environment, FileHandle } from '../../src/protocol/environment.ts';
import type { Participant, ParticipantContext } from '../../src/runtime/participant.ts';
import { COORDINATOR } from './simulated-world.ts';
import type { SimulatedStore, SimulationParts } from './simulation-parts.ts';

/** One bug, and how it must be found. */
export interface SimulationMutant {
  readonly name: string;
  /** One of these properties must be violated first. */
  readonly violates: readonly string[];
  /** It is found by one of the seeds 1 to this, with 60 transactions each. */
  readonly seeds: number;
  readonly parts?: SimulationParts;
  readonly stores?: readonly SimulatedStore[];
}

type KeyValueStore = Participant<KeyValueHandle>;

/** The participant with other methods; what they do not name stays as it is. */
function changed(store: KeyValueStore, changes: Partial<KeyValueStore>): KeyValueStore {
  return {
    name: store.name,
    open: (context) => store.open(context),
    enlist: (tx, options) => store.enlist(tx, options),
    prepare: (tx) => store.prepare(tx),
    commit: (tx) => store.commit(tx),
    rollback: (tx) => store.rollback(tx),
    inDoubt: () => store.inDoubt(),
    close: () => store.close(),
    ...changes,
  };
}

function withParticipant(changes: (store: KeyValueStore, environment: Environment) => Partial<KeyValueStore>): SimulationParts {
  return { participant: (store, environment) => changed(store, changes(store, environment)) };
}

function withLog(changes: (log: DecisionLog) => Partial<DecisionLog>): SimulationParts {
  return {
    log: (log) => ({
      open: (...terms) => log.open(...terms),
      append: (record, terms) => log.append(record, terms),
      close: () => log.close(),
      ...changes(log),
    }),
  };
}

/** File handles with other operations, in the processes that `isConcerned` accepts. */
function withFiles(changes: (handle: FileHandle) => Partial<FileHandle>, isConcerned: (process: string) => boolean): SimulationParts {
  return {
    environment: (environment, process) => {
      if (!isConcerned(process)) return environment;
      const open = async (path: string): Promise<FileHandle> => {
        const handle = await environment.files.open(path);
        return { ...handle, ...changes(handle) };
      };
      return { ...environment, files: { ...environment.files, open } };
    },
  };
}

/** Does it when there is time, and does not wait. */
function inBackground(work: Promise<unknown>): Promise<void> {
  work.catch(ignore);
  return Promise.resolve();
}

function ignore(): void {}

async function forEachInDoubt(store: KeyValueStore, context: ParticipantContext, end: (tx: string) => Promise<void>): Promise<void> {
  await store.open(context);
  for (const tx of await store.inDoubt()) await end(tx);
}

/** Two remote journals of this kind. */
function journals(create: (name: string) => KeyValueStore): readonly SimulatedStore[] {
  return ['store-1', 'store-2'].map((name) => ({ name, place: 'remote', hasJournal: true, create: () => create(name) }));
}

class ForgetfulJournal extends UserspaceJournal {
  protected override async openStore(context: ParticipantContext): Promise<OpenedStore> {
    return { ...(await super.openStore(context)), prepared: new Map() };
  }
}

/** Shows its writes to all but the first who looks, which is recovery, taking the locks. */
class WritesWithoutLocks extends Array<readonly [string, string | null]> {
  #isSeen = false;

  override [Symbol.iterator](): ArrayIterator<readonly [string, string | null]> {
    const isSeen = this.#isSeen;
    this.#isSeen = true;
    return isSeen ? super[Symbol.iterator]() : [][Symbol.iterator]();
  }
}

class UnlockedJournal extends UserspaceJournal {
  protected override async openStore(context: ParticipantContext): Promise<OpenedStore> {
    const opened = await super.openStore(context);
    const prepared = [...opened.prepared].map(([tx, branch]) => [tx, { ...branch, writes: unlocked(branch.writes) }] as const);
    return { ...opened, prepared: new Map(prepared) };
  }
}

function unlocked(writes: readonly (readonly [string, string | null])[]): WritesWithoutLocks {
  const copy = new WritesWithoutLocks();
  for (const write of writes) copy.push(write);
  return copy;
}

class DirtyReadingJournal extends UserspaceJournal {
  override async enlist(...terms: Parameters<UserspaceJournal['enlist']>): Promise<KeyValueHandle> {
    const handle = await super.enlist(...terms);
    return {
      get: (key) => handle.get(key),
      getForUpdate: async (key) => this.committed().get(key),
      put: (key, value) => handle.put(key, value),
      delete: (key) => handle.delete(key),
      entries: (prefix) => handle.entries(prefix),
    };
  }
}

/** All of them; `npm test` looks for each. */
export const simulationMutants: readonly SimulationMutant[] = [
  {
    name: 'the coordinator answers before the decision is durable',
    violates: ['DurableBeforeSpoken'],
    seeds: 10,
    parts: withLog((log) => ({ append: (record, terms) => log.append(record, { ...terms, forced: false }) })),
  },
  {
    name: "the coordinator's disk acknowledges a flush before it has happened",
    violates: ['DurableBeforeSpoken'],
    seeds: 10,
    parts: withFiles(
      (handle) => ({ sync: () => inBackground(handle.sync()) }),
      (process) => process === COORDINATOR,
    ),
  },
  {
    name: "a store's disk acknowledges a flush before it has happened",
    violates: ['CommitNeedsAllVotes'],
    seeds: 10,
    parts: withFiles(
      (handle) => ({ sync: () => inBackground(handle.sync()) }),
      (process) => process !== COORDINATOR,
    ),
  },
  {
    name: 'a participant votes before its prepared record is durable',
    violates: ['CommitNeedsAllVotes'],
    seeds: 10,
    parts: withParticipant((store) => ({ prepare: (tx) => inBackground(store.prepare(tx)) })),
  },
  {
    name: 'a participant acknowledges a commit before it is durable',
    violates: ['ForgetNeedsAllAcks'],
    seeds: 10,
    parts: withParticipant((store) => ({ commit: (tx) => inBackground(store.commit(tx)) })),
  },
  {
    name: 'a participant forgets its prepared branches in a crash',
    violates: ['ForgetNeedsAllAcks'],
    seeds: 10,
    stores: journals((name) => new ForgetfulJournal({ name, directory: name })),
  },
  {
    name: 'a participant presumes commit when it recovers',
    violates: ['DurableBeforeSpoken'],
    seeds: 10,
    parts: withParticipant((store) => ({ open: (context) => forEachInDoubt(store, context, (tx) => store.commit(tx)) })),
  },
  {
    name: 'a participant rolls back what is in doubt when it recovers',
    violates: ['Consistency'],
    seeds: 10,
    parts: withParticipant((store) => ({ open: (context) => forEachInDoubt(store, context, (tx) => store.rollback(tx)) })),
  },
  {
    name: 'a prepared participant waits no longer than a second',
    violates: ['Consistency', 'ForgetNeedsAllAcks'],
    seeds: 10,
    parts: withParticipant((store, environment) => ({
      prepare: async (tx) => {
        await store.prepare(tx);
        environment.setTimer(1_000, () => {
          void inBackground(store.rollback(tx));
        });
      },
    })),
  },
  {
    name: 'a participant is never in doubt',
    violates: ['Terminates', 'InDoubtEnds', 'ForgetNeedsAllAcks', 'Durability'],
    seeds: 10,
    parts: withParticipant(() => ({ inDoubt: async () => [] })),
  },
  {
    name: 'a commit that fails is not tried again',
    violates: ['ForgetNeedsAllAcks'],
    seeds: 10,
    parts: { remote: (store) => changed(store, { commit: (tx) => store.commit(tx).catch(ignore) }) },
  },
  {
    name: 'the wait between two attempts never ends',
    violates: ['Terminates'],
    seeds: 10,
    parts: {
      environment: (environment) => ({
        ...environment,
        // Only these waits have a random part, and so no whole number of milliseconds.
        setTimer: (delayMs, fire) => (Number.isInteger(delayMs) ? environment.setTimer(delayMs, fire) : ignore),
      }),
    },
  },
  {
    name: 'the coordinator recovers nothing',
    violates: ['Consistency', 'AnswerIsOutcome'],
    seeds: 10,
    parts: withLog((log) => ({
      open: async (...terms) => {
        const opened = await log.open(...terms);
        return { ...opened, records: opened.records.filter(({ type }) => type !== 'Commit') };
      },
    })),
  },
  {
    name: 'a read for update takes no lock',
    violates: ['Isolation'],
    seeds: 10,
    stores: journals((name) => new DirtyReadingJournal({ name, directory: name })),
  },
  {
    name: 'a recovered branch does not take its locks again',
    violates: ['Isolation', 'Recovers'],
    seeds: 40,
    stores: journals((name) => new UnlockedJournal({ name, directory: name })),
  },
  {
    name: 'a directory can be locked twice',
    violates: ['OneOwner'],
    seeds: 10,
    parts: {
      environment: (environment) => ({
        ...environment,
        files: { ...environment.files, lock: async () => ({ release: async () => undefined }) },
      }),
    },
  },
  {
    name: 'a torn tail is not cut',
    violates: ['Terminates', 'Recovers'],
    seeds: 10,
    parts: withFiles(
      () => ({ truncate: async () => undefined }),
      () => true,
    ),
  },
];
