import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineParticipantFixture } from '../../models/conformance/participant-fixture.ts';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';

/** Journals in real directories, for the conformance suite and the processes that it kills. */
export const fixture = defineParticipantFixture({
  title: 'the userspace journal',
  createStore: () => mkdtemp(join(tmpdir(), 'crossbound-journal-')),
  participant: (directory) => new UserspaceJournal({ name: 'journal', directory }),
  write: (handle, key, value) => handle.put(key, value),
  read: (handle, key) => handle.get(key),
  committed: async (journal, key) => journal.committed().get(key),
  removeStore: (directory) => rm(directory, { recursive: true }),
  directory: (directory) => directory,
  module: import.meta.url,
});
