/**
 * A process that moves money between two journals as fast as it can, and says each transfer once it was told that it is
 * committed, until it is killed: by itself at the effect whose number it is given, or from outside.
 *
 * Arguments: directory, effect number (0: none), whether to say when it has recovered.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';
import { createCrossbound } from '../../src/runtime/create-crossbound.ts';
import { openTraceFile } from '../../src/runtime/node-trace-file.ts';

const AT_ONCE = 6;
const ACCOUNTS = 4;
const [directory = '', effectNumber = '0'] = process.argv.slice(2);
let effectsLeft = Number(effectNumber);

const [left, right] = ['left', 'right'].map((name) => new UserspaceJournal({ name, directory: join(directory, name) }));
if (!left || !right) throw new Error('two journals are needed');
const crossbound = await createCrossbound({
  name: 'killed',
  directory: join(directory, 'coordinator'),
  participants: [left, right],
  waitForRecovery: effectsLeft % 2 === 0,
  onTrace: openTraceFile(join(directory, 'run.ndjson')).onTrace,
  onEffect: () => {
    effectsLeft -= 1;
    if (effectsLeft === 0) process.kill(process.pid, 'SIGKILL');
  },
});
writeSync(1, 'ready\n');

const worker = async (number: number) => {
  for (let serial = 0; ; serial += 1) {
    const [from, to] = (number + serial) % 2 === 0 ? [left, right] : [right, left];
    const account = `account-${(number + serial) % ACCOUNTS}`;
    const transfer = `transfer-${process.pid}-${number}-${serial}`;
    const fails = serial % 7 === 3;
    try {
      await crossbound.transaction(async (tx) => {
        // Always in one order, or two transfers would wait for each other's locks until the time-out.
        const handles = new Map([
          [left, await tx.enlist(left)],
          [right, await tx.enlist(right)],
        ]);
        for (const [journal, amount] of [
          [left, from === left ? -1 : 1],
          [right, to === right ? 1 : -1],
        ] as const) {
          const handle = handles.get(journal);
          const balance = Number((await handle?.getForUpdate(account)) ?? 0);
          await handle?.put(account, String(balance + amount));
          await handle?.put(transfer, 'done');
        }
        if (fails) throw new Error('changed my mind');
      });
      writeSync(1, `${transfer}\n`);
    } catch (error) {
      if (!fails) throw error;
    }
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => worker(number)));
