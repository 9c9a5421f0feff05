/**
 * A process that does numbered work under idempotency keys in a journal, says what each gave once it was told, and is killed: by itself at
 * the effect whose number it is given. Each work counts how often it was done, which must be once.
 *
 * Arguments: directory, effect number (0: none), the first number, the last number.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';
import { createCrossbound } from '../../src/runtime/create-crossbound.ts';

const [directory = '', effectNumber = '0', first = '0', last = '0'] = process.argv.slice(2);
let effectsLeft = Number(effectNumber);

const journal = new UserspaceJournal({ name: 'journal', directory: join(directory, 'journal') });
const crossbound = await createCrossbound({
  name: 'once',
  directory: join(directory, 'coordinator'),
  participants: [journal],
  onEffect: () => {
    effectsLeft -= 1;
    if (effectsLeft === 0) process.kill(process.pid, 'SIGKILL');
  },
});
for (let number = Number(first); number <= Number(last); number += 1) {
  const result = await crossbound.transaction(
    async (tx) => {
      const handle = await tx.enlist(journal);
      const count = Number((await handle.getForUpdate(`work-${number}`)) ?? 0) + 1;
      await handle.put(`work-${number}`, String(count));
      return { doneBy: process.pid, count };
    },
    { idempotencyKey: `work-${number}` },
  );
  writeSync(1, `${number} ${JSON.stringify(result)}\n`);
}
await crossbound.close();
