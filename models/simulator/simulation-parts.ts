import type { DecisionLog } from '../../src/log/decision-log.ts';
import type { KeyValueHandle } from '../../src/participants/key-value/key-value-view.ts';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import type { Participant } from '../../src/runtime/participant.ts';

/** A store of the simulation. */
export interface SimulatedStore {
  readonly name: string;
  /** `local` lives and dies with the coordinator; `remote` in a process of its own, which the network lies before. */
  readonly place: 'local' | 'remote';
  /**
   * Makes the participant for one life of its process. What it must not lose it keeps in the files of the environment that `open`
   * gives it, and nowhere else; time, timers and randomness are that one's too.
   */
  create(): Participant<KeyValueHandle>;
  /**
   * Whether it keeps a journal of `FileLog` and `ParticipantRecord` in `<name>/journal.log`, as a `UserspaceJournal` in the directory
   * `<name>` does. Then the invariants of the spec are looked at in its bytes, after each flush. Default false.
   */
  readonly hasJournal?: boolean;
}

/** Parts of the system that can be put in the place of the real ones, or around them: to see that the simulator finds what is wrong with them. */
export interface SimulationParts {
  /** What a process gets for its surroundings. `process` is `coordinator` or the name of a remote store. */
  environment?(environment: Environment, process: string): Environment;
  /** What the manager gets for its decision log; once for each life of it. */
  log?(log: DecisionLog, environment: Environment): DecisionLog;
  /** What the coordinator gets for a store in another process; once for each life of the coordinator. */
  remote?(store: Participant<KeyValueHandle>): Participant<KeyValueHandle>;
  /** What takes the place of a store's participant; once for each life of it. */
  participant?(participant: Participant<KeyValueHandle>, environment: Environment): Participant<KeyValueHandle>;
}

/** A userspace journal, which is what a simulation has for stores where it is given none. */
export function journalStore(name: string, place: SimulatedStore['place']): SimulatedStore {
  return { name, place, hasJournal: true, create: () => new UserspaceJournal({ name, directory: name }) };
}
