/** A process that moves one from `left` to `right` in a journal, again and again, and names each transaction once its commit is acknowledged, until it is killed. */
import { writeSync } from 'node:fs';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

const AT_ONCE = 4;
const journal = new UserspaceJournal({ name: 'journal', directory: process.argv[2] ?? '' });
await journal.open({ coordinator: 'c', environment: nodeEnvironment() });
const signal = new AbortController().signal;
let serial = 0;

const worker = async () => {
  for (;;) {
    serial += 1;
    const tx = `t-${process.pid}-${serial}`;
    const handle = await journal.enlist(tx, { timeoutMs: 10_000, signal });
    for (const [key, change] of [
      ['left', -1],
      ['right', 1],
    ] as const) {
      await handle.put(key, `${Number((await handle.getForUpdate(key)) ?? 0) + change}`);
    }
    await handle.put(`done/${tx}`, '');
    await journal.prepare(tx);
    await journal.commit(tx);
    writeSync(1, `${tx}\n`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
