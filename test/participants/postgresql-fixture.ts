import { z } from 'zod';
import { defineParticipantFixture, type ParticipantFixture } from '../../models/conformance/participant-fixture.ts';
import type { PostgresConnection } from '../../src/cli/demo/postgres-server.ts';
import { PostgreSqlParticipant } from '../../src/participants/postgresql.ts';
import { type PostgresBank, put } from '../support/postgres-bank.ts';

type PostgreSqlFixture = ParticipantFixture<PostgreSqlParticipant, PostgresConnection>;

/** The part that a process of its own can use; what makes and cleans the stores belongs to whoever started the server. */
export const fixture: PostgreSqlFixture = defineParticipantFixture({
  title: 'PostgreSqlParticipant',
  createStore: notHere,
  participant: (connection) => new PostgreSqlParticipant({ name: 'bank', connection: z.custom<PostgresConnection>().parse(connection) }),
  write: put,
  async read(handle, key) {
    const { rows } = await handle.query<{ value: string }>('SELECT value FROM entries WHERE key = $1', [key]);
    return rows[0]?.value;
  },
  committed: notHere,
  removeStore: notHere,
  module: import.meta.url,
});

/** Stores in one database, one after the other. */
export function postgresqlFixture(bank: () => PostgresBank, limits: NonNullable<PostgreSqlFixture['limits']>): PostgreSqlFixture {
  return {
    ...fixture,
    createStore: async () => {
      await bank().clean();
      return bank().connection;
    },
    committed: (_, key) => bank().value(key),
    removeStore: () => bank().clean(),
    abandon: async (participant) => {
      await bank().terminate();
      // Its pool may not have noticed yet; whoever comes next is another one.
      await participant.close();
    },
    limits,
  };
}

async function notHere(): Promise<never> {
  throw new Error('stores are made by the test that has started the server');
}
