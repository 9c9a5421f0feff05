/**
 * Participants with one deliberate bug each, made from the userspace journal, for the suite to find. `caught` names checks that must
 * fail; every check is named by one of them at least.
 */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defineParticipantFixture } from '../../../models/conformance/participant-fixture.ts';
import type { BranchLog, OpenedStore } from '../../../src/participants/key-value/key-value-participant.ts';
import type { KeyValueHandle } from '../../../src/participants/key-value/key-value-view.ts';
import { UserspaceJournal } from '../../../src/participants/userspace-journal.ts';
import { PrepareRefusedError } from '../../../src/protocol/errors.ts';
import type { ParticipantRecord } from '../../../src/protocol/log-record.ts';
import type { Participant, ParticipantContext } from '../../../src/runtime/participant.ts';

type Methods = Participant<KeyValueHandle>;

export interface Broken extends Methods {
  readonly journal: UserspaceJournal;
}

export interface Defect {
  readonly make: (directory: string) => Broken;
  readonly caught: readonly string[];
}

interface Place {
  readonly directory: string;
  readonly defect: string;
}

/** A journal some of whose methods are other ones. */
function altered(changes: (journal: UserspaceJournal, directory: string) => Partial<Methods>, caught: readonly string[]): Defect {
  return { make: (directory) => alteredJournal(new UserspaceJournal({ name: 'journal', directory }), directory, changes), caught };
}

function alteredJournal(
  journal: UserspaceJournal,
  directory: string,
  changes: (journal: UserspaceJournal, directory: string) => Partial<Methods>,
): Broken {
  return {
    journal,
    name: journal.name,
    open: (context) => journal.open(context),
    enlist: (tx, options) => journal.enlist(tx, options),
    prepare: (tx) => journal.prepare(tx),
    commit: (tx) => journal.commit(tx),
    rollback: (tx) => journal.rollback(tx),
    inDoubt: () => journal.inDoubt(),
    close: () => journal.close(),
    ...changes(journal, directory),
  };
}

/** A journal that finds other branches in its file than were written. */
function misled(found: (store: OpenedStore, context: ParticipantContext) => OpenedStore, caught: readonly string[]): Defect {
  class Misled extends UserspaceJournal {
    protected override async openStore(context: ParticipantContext): Promise<OpenedStore> {
      return found(await super.openStore(context), context);
    }
  }
  return { make: (directory) => alteredJournal(new Misled({ name: 'journal', directory }), directory, () => ({})), caught };
}

/** A journal that writes other records than it should. */
function rewritten(rewrite: (record: ParticipantRecord) => ParticipantRecord, caught: readonly string[]): Defect {
  return relogged((log) => ({ ...untouched(log), append: (record, options) => log.append(rewrite(record), options) }), caught);
}

/** A journal that acknowledges some records before they are written; in order, and before it is closed, they are. */
function procrastinating(type: ParticipantRecord['type'], caught: readonly string[]): Defect {
  return relogged((log) => {
    let written = Promise.resolve();
    return {
      failure: undefined,
      append: async (record, options) => {
        written = written.then(() => delay(LATE_MS)).then(() => log.append(record, options));
        if (record.type !== type) await written;
      },
      close: async () => {
        await written;
        await log.close();
      },
    };
  }, caught);
}

function relogged(replace: (log: BranchLog) => BranchLog, caught: readonly string[]): Defect {
  return misled((store) => ({ ...store, log: replace(store.log) }), caught);
}

const untouched = (log: BranchLog): BranchLog => ({
  failure: undefined,
  append: (record, options) => log.append(record, options),
  close: () => log.close(),
});

const LATE_MS = 20;
const never = () => new Promise<never>(() => undefined);

async function writeThrough(journal: UserspaceJournal, tx: string, key: string, value: string): Promise<void> {
  const handle = await journal.enlist(tx, { timeoutMs: 1_000, signal: new AbortController().signal });
  await handle.put(key, value);
  await journal.prepare(tx);
  await journal.commit(tx);
}

const named = 'it has a legal name, and every method';
const ownWrites = 'a branch reads its own writes, and nobody else does before the commit';
const rolledBack = 'a branch that is rolled back leaves nothing, and frees what it held';
const refused = 'to prepare what was never enlisted, or was rolled back, is refused';
const againPrepared = 'a prepare that is said again is no refusal of what is prepared';
const early = 'a commit before the prepare is refused, and commits nothing';
const late = 'work that comes after the prepare is no part of the transaction';
const empty = 'a branch that wrote nothing goes through both phases';
const enlistedTwice = 'what a refused second enlist asked for is no part of the first';
const overtaken = 'a rollback while the prepare is under way leaves nothing';
const closed = 'after close, nothing is pretended to be done';
const pinged = 'ping answers while the store is open, and rejects once it is closed';
const apart = 'branches on different keys do not wait for each other';
const exact = 'inDoubt names the prepared branches and no other';
const traffic = 'inDoubt is right while branches prepare, commit and roll back around it';
const names = 'every legal name of a transaction and of a coordinator is told apart';
const large = 'a large value with awkward characters comes back as it was';
const many = 'as many branches as the store allows are prepared and ended at once';
const again = 'commit and rollback may be said again, and of a transaction that is unknown';
const twoAtOnce = 'two commits, or two rollbacks, of one branch at the same time have the effect of one';
const newer = 'a commit that is said again does not undo what was committed since';
const contrary = 'a rollback of what is committed changes nothing, nor does a commit of what is rolled back';
const race = 'a commit and a rollback at the same time end in one of the two, whole';
const againRestarted = 'commit and rollback may be said again after a restart, and of what is unknown';
const survive = 'prepared branches survive restarts, and then can go both ways';
const neverNo = 'a restarted participant says yes to what it has prepared, or does not know; never no';
const bothWays = 'a prepared branch still goes both ways after a restart, whoever writes to its keys';
const durable = 'a commit is durable when it resolves';
const unheard = 'a commit that was not heard of is done or in doubt, and whole';
const unprepared = 'work that was not prepared is gone after a restart';
const strangers = "another coordinator's branches are neither listed nor decided";
const load = 'every legal name, a large value and many branches survive a restart';
const leaves = 'close leaves prepared branches prepared, and of the others nothing';
const second = 'a second participant on one store is refused, or does no harm';
const lockTimeOut = 'a write to what another branch holds ends within its time-out, and the holder is not harmed';
const signalled = 'a wait ends when the signal of its transaction aborts';
const rollbackEnds = 'a rollback ends what its branch waits for';
const beforeBegun = 'a branch whose signal has aborted before it began takes nothing with it';
const closeEnds = 'close ends while branches work and wait';
const random = 'any sequence of calls and restarts leaves what a plain model says';
const killedAtWork = 'a process killed at work leaves nothing of it';
const killedInPrepare = 'a process killed in a prepare leaves it done or not, and done when it was answered';
const killedInCommit = 'a process killed in a commit leaves it in doubt or done, and done when it was answered';
const killedInRollback = 'a process killed in a rollback leaves nothing of the branch but doubt';
const killedInClose = 'a process killed in close leaves what is prepared';
const killedInRecovery = 'a process killed again and again while it recovers loses nothing';
const killedUnderLoad = 'processes killed under load lose nothing that was acknowledged, and leave no half';
const power = 'a power failure at any flush of the work loses nothing that was acknowledged';
const powerInRecovery = 'a power failure at any flush of a recovery loses nothing';
const powerUnderLoad = 'power failures under load lose nothing that was acknowledged, and leave no half';

export const defects: Readonly<Record<string, Defect>> = {
  'has a name that no identifier can hold': altered(() => ({ name: 'a b' }), [named]),
  'writes at once, whatever the transaction comes to': altered(
    (journal) => ({
      enlist: async (tx, options) => {
        const handle = await journal.enlist(tx, options);
        let writes = 0;
        const put = async (key: string, value: string) => writeThrough(journal, `${tx}.${++writes}`.slice(-60), key, value);
        return { ...unbound(handle), put };
      },
    }),
    [ownWrites, rolledBack, unprepared, killedAtWork],
  ),
  'rolls back nothing that is not prepared': altered(
    (journal) => ({
      rollback: async (tx) => {
        if ((await journal.inDoubt()).includes(tx)) await journal.rollback(tx);
      },
    }),
    [rolledBack, refused, rollbackEnds],
  ),
  'says yes to everything': altered((journal) => ({ prepare: (tx) => journal.prepare(tx).catch(() => undefined) }), [refused, unprepared]),
  'says no to what is prepared already': altered(
    (journal) => ({
      prepare: async (tx) => {
        if ((await journal.inDoubt()).includes(tx)) throw new PrepareRefusedError('there is nothing to prepare');
        await journal.prepare(tx);
      },
    }),
    [againPrepared, neverNo],
  ),
  'commits without a prepare': altered(
    (journal) => ({
      commit: async (tx) => {
        await journal.prepare(tx).catch(() => undefined);
        await journal.commit(tx);
      },
    }),
    [early],
  ),
  'takes writes after the prepare': altered(
    (journal) => ({
      enlist: async (tx, options) => {
        const handle = await journal.enlist(tx, options);
        return { ...unbound(handle), put: (key, value) => handle.put(key, value).catch(() => undefined) };
      },
    }),
    [late],
  ),
  'refuses a branch that wrote nothing': altered(
    (journal) => {
      const written = new Set<string>();
      return {
        enlist: async (tx, options) => {
          const handle = await journal.enlist(tx, options);
          const put = (key: string, value: string) => {
            written.add(tx);
            return handle.put(key, value);
          };
          return { ...unbound(handle), put };
        },
        prepare: async (tx) => {
          if (!written.has(tx)) throw new PrepareRefusedError('nothing was written');
          await journal.prepare(tx);
        },
      };
    },
    [empty],
  ),
  'begins anew at a second enlist': altered(
    (journal) => ({
      enlist: async (tx, options) => {
        await journal.rollback(tx);
        return journal.enlist(tx, options);
      },
    }),
    [enlistedTwice],
  ),
  'rolls back before a prepare that is under way, not after': altered(
    (journal) => {
      const ended = new Set<string>();
      return {
        prepare: async (tx) => {
          await delay(LATE_MS);
          await journal.prepare(tx);
        },
        rollback: async (tx) => {
          if ((await journal.inDoubt()).includes(tx)) return journal.rollback(tx);
          if (ended.has(tx)) return;
          ended.add(tx);
        },
      };
    },
    [overtaken],
  ),
  'answers a ping when it is closed': altered(() => ({ ping: async () => undefined }), [pinged]),
  'resolves every commit once it is closed': altered(
    (journal) => {
      let isClosed = false;
      return {
        commit: async (tx) => (isClosed ? undefined : journal.commit(tx)),
        close: async () => {
          isClosed = true;
          await journal.close();
        },
      };
    },
    [closed],
  ),
  'works on one branch at a time': altered(
    (journal) => {
      let turn = Promise.resolve();
      const ends = new Map<string, () => void>();
      const end = async (tx: string, done: Promise<void>) => {
        await done;
        ends.get(tx)?.();
      };
      return {
        enlist: async (tx, options) => {
          const { promise, resolve } = Promise.withResolvers<void>();
          const before = turn;
          turn = promise;
          ends.set(tx, resolve);
          await before;
          return journal.enlist(tx, options);
        },
        commit: (tx) => end(tx, journal.commit(tx)),
        rollback: (tx) => end(tx, journal.rollback(tx)),
      };
    },
    [apart, many],
  ),
  'names branches that still work': altered(
    (journal) => {
      const working = new Set<string>();
      return {
        enlist: (tx, options) => {
          working.add(tx);
          return journal.enlist(tx, options);
        },
        commit: (tx) => journal.commit(tx).finally(() => working.delete(tx)),
        rollback: (tx) => journal.rollback(tx).finally(() => working.delete(tx)),
        inDoubt: async () => [...new Set([...working, ...(await journal.inDoubt())])],
      };
    },
    [exact, traffic],
  ),
  'tells transactions apart by their first letters': altered(
    (journal) => ({
      enlist: (tx, options) => journal.enlist(tx.slice(0, 32), options),
      prepare: (tx) => journal.prepare(tx.slice(0, 32)),
      commit: (tx) => journal.commit(tx.slice(0, 32)),
      rollback: (tx) => journal.rollback(tx.slice(0, 32)),
    }),
    [names, load],
  ),
  'cuts values': altered(
    (journal) => ({
      enlist: async (tx, options) => {
        const handle = await journal.enlist(tx, options);
        return { ...unbound(handle), put: (key, value) => handle.put(key, value.slice(0, 65_536)) };
      },
    }),
    [large, load],
  ),
  'has an error for an outcome that is said again': altered(
    (journal) => {
      const ended = new Set<string>();
      const once = async (tx: string, end: () => Promise<void>) => {
        if (ended.has(tx)) throw new Error('this transaction has ended');
        ended.add(tx);
        await end();
      };
      return { commit: (tx) => once(tx, () => journal.commit(tx)), rollback: (tx) => once(tx, () => journal.rollback(tx)) };
    },
    [again, twoAtOnce, againRestarted, random],
  ),
  'does a repeated commit again': altered(
    (journal) => {
      const writes = new Map<string, [string, string][]>();
      const ended = new Set<string>();
      return {
        enlist: async (tx, options) => {
          const handle = await journal.enlist(tx, options);
          writes.set(tx, []);
          const put = async (key: string, value: string) => {
            await handle.put(key, value);
            writes.get(tx)?.push([key, value]);
          };
          return { ...unbound(handle), put };
        },
        commit: async (tx) => {
          await journal.commit(tx);
          if (ended.has(tx))
            for (const [key, value] of writes.get(tx) ?? []) await writeThrough(journal, `again-${key}-${ended.size}`, key, value);
          ended.add(tx);
        },
      };
    },
    [newer],
  ),
  'commits what was rolled back when it is told to': altered(
    (journal) => {
      const undone = new Set<string>();
      return {
        rollback: async (tx) => {
          await journal.rollback(tx);
          undone.add(tx);
        },
        commit: async (tx) => {
          await journal.commit(tx);
          if (undone.has(tx)) await writeThrough(journal, `back-${undone.size}`, 'b', 'two');
        },
      };
    },
    [contrary],
  ),
  'commits the half of a branch that is rolled back meanwhile': altered(
    (journal) => {
      const racing = new Set<string>();
      let halves = 0;
      return {
        commit: async (tx) => {
          racing.add(tx);
          await journal.commit(tx);
        },
        rollback: async (tx) => {
          if (!racing.has(tx)) return journal.rollback(tx);
          await journal.commit(tx);
          halves += 1;
          await writeThrough(journal, `half-${halves}`, `a-${halves - 1}`, 'half');
        },
      };
    },
    [race],
  ),
  'finds nothing prepared when it is opened': misled(
    (store) => ({ ...store, prepared: new Map() }),
    [survive, neverNo, bothWays, load, leaves],
  ),
  'takes every prepared branch for its own': misled(
    (store, { coordinator }) => {
      const prepared = [...store.prepared].map(([tx, branch]) => [tx, { ...branch, coordinator }] as const);
      return { ...store, prepared: new Map(prepared) };
    },
    [strangers],
  ),
  'lets a second one in beside it, that rolls back what it finds': altered(
    (journal, directory) => ({
      open: async (context) => {
        const other = opened.get(directory);
        if (other !== undefined) {
          for (const tx of await other.inDoubt()) await other.rollback(tx);
          await other.close();
        }
        await journal.open(context);
        opened.set(directory, journal);
      },
      close: async () => {
        if (opened.get(directory) === journal) opened.delete(directory);
        await journal.close();
      },
    }),
    [second],
  ),
  'acknowledges a commit and writes it later': procrastinating('Committed', [killedInCommit]),
  'votes and writes its record later': procrastinating('Prepared', [killedInPrepare]),
  'remembers a part of what it has prepared': rewritten(
    (record) => {
      if (record.type !== 'Prepared') return record;
      const { coordinator, writes } = record.payload as { coordinator: string; writes: [string, string][] };
      return { ...record, payload: { coordinator, writes: writes.slice(0, 1) } };
    },
    [durable, unheard, killedUnderLoad],
  ),
  'remembers a rollback as a commit': rewritten(
    (record) => (record.type === 'Aborted' ? { ...record, type: 'Committed' } : record),
    [killedInRollback],
  ),
  'rolls back in close what is prepared': altered(
    (journal) => ({
      close: async () => {
        for (const tx of await journal.inDoubt().catch(() => [])) await journal.rollback(tx);
        await journal.close();
      },
    }),
    [leaves, killedInClose],
  ),
  'waits for a lock as long as it takes': altered(
    (journal) => ({ enlist: (tx, { signal }) => journal.enlist(tx, { timeoutMs: 3_600_000, signal }) }),
    [lockTimeOut],
  ),
  'does not listen to the signal': altered(
    (journal) => ({ enlist: (tx, { timeoutMs }) => journal.enlist(tx, { timeoutMs, signal: new AbortController().signal }) }),
    [signalled],
  ),
  'holds for ever what an aborted transaction asked for': altered(
    (journal) => ({
      enlist: async (tx, options) => {
        if (!options.signal.aborted) return journal.enlist(tx, options);
        const handle = await journal.enlist(`${tx}-lost`, options);
        await handle.put('a', 'lost');
        options.signal.throwIfAborted();
        return handle;
      },
    }),
    [beforeBegun],
  ),
  'waits in close for branches to end': altered(
    (journal) => {
      const working = new Set<string>();
      return {
        enlist: (tx, options) => {
          working.add(tx);
          return journal.enlist(tx, options);
        },
        prepare: (tx) => journal.prepare(tx).finally(() => working.delete(tx)),
        rollback: (tx) => journal.rollback(tx).finally(() => working.delete(tx)),
        close: () => (working.size > 0 ? never() : journal.close()),
      };
    },
    [closeEnds],
  ),
  'writes its file anew when it opens, in place': altered(
    (journal, directory) => ({
      open: async (context) => {
        const file = join(directory, 'journal.log');
        const content = await readFile(file).catch(() => undefined);
        if (content !== undefined) {
          await writeFile(file, '');
          await delay(LATE_MS);
          await writeFile(file, content);
        }
        await journal.open(context);
      },
    }),
    [killedInRecovery],
  ),
  'writes its file anew when it opens, and renames it before it is flushed': altered(
    (journal, directory) => ({
      open: async (context) => {
        const file = join(directory, 'journal.log');
        const content = await readFile(file).catch(() => undefined);
        if (content !== undefined) {
          await writeFile(`${file}.new`, content);
          await rename(`${file}.new`, file);
        }
        await journal.open(context);
      },
    }),
    [powerInRecovery],
  ),
  'never flushes': altered(
    (journal) => ({
      open: ({ coordinator, environment }) => {
        const files = {
          ...environment.files,
          open: async (path: string) => ({ ...(await environment.files.open(path)), sync: async () => undefined }),
        };
        return journal.open({ coordinator, environment: { ...environment, files } });
      },
    }),
    [power, powerUnderLoad],
  ),
};

/** Who has each directory, in this process. */
const opened = new Map<string, UserspaceJournal>();

/** The methods of a view, which has private state, as those of a plain object. */
function unbound(handle: KeyValueHandle): KeyValueHandle {
  return {
    get: (key) => handle.get(key),
    getForUpdate: (key) => handle.getForUpdate(key),
    put: (key, value) => handle.put(key, value),
    delete: (key) => handle.delete(key),
    entries: (prefix) => handle.entries(prefix),
  };
}

export const fixture = defineParticipantFixture({
  title: 'a broken journal',
  createStore: async (): Promise<Place> => ({ directory: await mkdtemp(join(tmpdir(), 'crossbound-broken-')), defect: '' }),
  participant: ({ directory, defect }): Broken => {
    const broken = defects[defect];
    if (!broken) throw new Error(`there is no defect "${defect}"`);
    return broken.make(directory);
  },
  write: (handle, key, value) => handle.put(key, value),
  read: (handle, key) => handle.get(key),
  committed: async ({ journal }, key) => journal.committed().get(key),
  removeStore: ({ directory }) => rm(directory, { recursive: true, force: true }),
  directory: ({ directory }) => directory,
  module: import.meta.url,
  limits: { callMs: 400 },
});
