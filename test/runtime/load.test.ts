/** Method: a thousand transactions at once in real time over in-memory participants; afterwards nothing of them may be left in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { InMemoryParticipant } from '../../src/participants/in-memory.ts';
import { createCrossbound } from '../../src/runtime/create-crossbound.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

const TRANSACTIONS = 1_000;

it('a thousand transactions at once, a third of which fail, end as they should and leave nothing behind', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'crossbound-load-'));
  const real = nodeEnvironment();
  let pendingTimers = 0;
  const environment = {
    ...real,
    setTimer: (delayMs: number, fire: () => void) => {
      pendingTimers += 1;
      let isPending = true;
      const end = () => {
        if (isPending) pendingTimers -= 1;
        isPending = false;
      };
      const cancel = real.setTimer(delayMs, () => {
        end();
        fire();
      });
      return () => {
        end();
        cancel();
      };
    },
  };
  const [left, right] = [new InMemoryParticipant('left'), new InMemoryParticipant('right')];
  const crossbound = await createCrossbound({ name: 'load', directory, participants: [left, right], environment });
  const idleTimers = pendingTimers;
  const work = Array.from({ length: TRANSACTIONS }, (_, number) =>
    crossbound.transaction(async (tx) => {
      await (await tx.enlist(left)).put(`key-${number}`, String(number));
      await (await tx.enlist(right)).put(`key-${number}`, String(number));
      if (number % 3 === 0) throw new Error('changed my mind');
    }),
  );
  const results = await Promise.allSettled(work);
  const committed = results.filter(({ status }) => status === 'fulfilled').length;
  expect(committed).toBe(TRANSACTIONS - Math.ceil(TRANSACTIONS / 3));
  await expect
    .poll(() => crossbound.stats())
    .toMatchObject({
      ...{ active: 0, queued: 0, recovering: 0 },
      ...{ committed, aborted: TRANSACTIONS - committed },
    });
  expect(pendingTimers).toBe(idleTimers);
  expect(left.committed().size).toBe(committed);
  expect(right.committed()).toEqual(left.committed());
  expect(await crossbound.inDoubt()).toEqual([]);
  await crossbound.close();
  rmSync(directory, { recursive: true });
});
