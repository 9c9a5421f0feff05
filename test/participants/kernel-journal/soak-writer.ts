/** The writing thread of the soak test: as many records as the ring takes, until the session ends; blocked while it is full. */
import { workerData } from 'node:worker_threads';
import { SharedMemory } from '../../../src/participants/kernel-journal/shared-memory.ts';
import { RingWriter } from '../../../src/participants/kernel-journal/shared-ring.ts';
import { soakRecord } from './soak-record.ts';

const memory = SharedMemory.attach(workerData as SharedArrayBuffer);
const writer = new RingWriter(memory.requests);
for (let index = 0; memory.end === undefined; index += 1) {
  const record = soakRecord(index);
  for (let written = 0; written < record.length && memory.end === undefined; ) {
    const seen = memory.rings('kernel');
    const before = written;
    written = writer.write(record, written);
    if (written > before) memory.ring('user');
    if (written < record.length) memory.block('kernel', seen, 1_000);
  }
}
