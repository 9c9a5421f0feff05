/**
 * Method: the conformance suite of `crossbound/testing`, on every participant that comes with Crossbound: in memory, on a real
 * directory, and on a real PostgreSQL server; processes of their own are killed on both. That the suite bites is shown in
 * test/models/conformance.
 */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeParticipantConformance } from '../../models/conformance/describe-conformance.ts';
import { defineParticipantFixture } from '../../models/conformance/participant-fixture.ts';
import { type PostgresServer, startPostgresServer } from '../../src/cli/demo/postgres-server.ts';
import { InMemoryParticipant } from '../../src/participants/in-memory.ts';
import { PostgresBank } from '../support/postgres-bank.ts';
import { fixture as journalFixture } from './journal-fixture.ts';
import { postgresqlFixture } from './postgresql-fixture.ts';

describeParticipantConformance(
  defineParticipantFixture({
    title: 'the in-memory participant',
    createStore: async () => 'memory',
    participant: (name) => new InMemoryParticipant(name),
    write: (handle, key, value) => handle.put(key, value),
    read: (handle, key) => handle.get(key),
    committed: async (participant, key) => participant.committed().get(key),
    removeStore: async () => undefined,
    survivesCrash: false,
  }),
  { describe, it },
);

describeParticipantConformance(journalFixture, { describe, it });

const PREPARED_BRANCHES = 24;

describe('on a real server', () => {
  let server: PostgresServer;
  let bank: PostgresBank;
  beforeAll(async () => {
    server = await startPostgresServer({ maxPreparedTransactions: PREPARED_BRANCHES });
    bank = await PostgresBank.create(server, 'bank');
  });
  afterAll(async () => {
    await bank.dispose();
    await server.close();
  });

  describeParticipantConformance(
    postgresqlFixture(() => bank, { preparedBranches: PREPARED_BRANCHES, callMs: 20_000 }),
    { describe, it },
    { runs: 10 },
  );
});
