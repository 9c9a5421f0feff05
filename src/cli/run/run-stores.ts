import { PostgreSqlParticipant } from '../../participants/postgresql.ts';
import { UserspaceJournal } from '../../participants/userspace-journal.ts';
import { keyValueBank, sqlBank } from './bank-store.ts';
import type { StorePlace } from './process-messages.ts';
import type { BankStores } from './transfer-money.ts';

/**
 * A connection is held from enlistment to prepare, so half as many as transactions in flight do; each costs a restarted
 * coordinator ten milliseconds.
 */
const WORK_CONNECTIONS = 16;
const COMPLETION_CONNECTIONS = 8;

/** The participants of a run; not opened. */
export interface RunStores {
  /** All of them as banks, by name. */
  readonly banks: BankStores;
  readonly databases: readonly PostgreSqlParticipant[];
}

export function runStores(places: readonly StorePlace[]): RunStores {
  const databases = places.flatMap((place) => {
    if (place.kind !== 'postgresql') return [];
    const { name, connectionString } = place;
    const connections = { maxConnections: WORK_CONNECTIONS, completionConnections: COMPLETION_CONNECTIONS };
    return [new PostgreSqlParticipant({ name, connectionString, ...connections })];
  });
  const journals = places.flatMap((place) =>
    place.kind === 'journal' ? [new UserspaceJournal({ name: place.name, directory: place.directory })] : [],
  );
  const banks = new Map([
    ...databases.map((database) => [database.name, sqlBank(database)] as const),
    ...journals.map((journal) => [journal.name, keyValueBank(journal)] as const),
  ]);
  return { banks, databases };
}
