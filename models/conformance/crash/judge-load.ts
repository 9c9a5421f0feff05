import assert from 'node:assert/strict';
import type { StoreUnderTest } from '../store-under-test.ts';
import { LOAD_WORKERS, loadKeys, loadTransaction } from './crash-script.ts';

/**
 * Opens the store after a crash under load: of each worker everything acknowledged must be there, at most one transaction may be open, and
 * both of its keys must say the same. Ends what is in doubt, and closes.
 *
 * @param values - what each worker's keys held before, and hold then.
 */
export async function judgeLoad(
  store: StoreUnderTest,
  lines: readonly string[],
  values: (string | undefined)[],
  when: string,
): Promise<void> {
  const participant = await store.open();
  const named = [...(await participant.inDoubt())];
  for (let worker = 0; worker < LOAD_WORKERS; worker += 1) {
    const last = (word: string) =>
      lines.findLast((line) => line.startsWith(`${word} ${worker} `))?.slice(`${word} ${worker} `.length) ?? undefined;
    const [called, answered] = [last('called'), last('answered')];
    const before = answered ?? values[worker];
    const open = called === undefined ? undefined : loadTransaction(worker, Number(called));
    const isInDoubt = open !== undefined && called !== answered && named.includes(open);
    const found = await Promise.all(loadKeys(worker).map((key) => store.committed(key)));
    assert.ok(found[0] === found[1], `${when}, one transaction wrote two keys, and they hold ${found.join(' and ')}`);
    const isLegal = found[0] === before || (found[0] === called && !isInDoubt);
    assert.ok(
      isLegal,
      `${when}, worker ${worker} was told of ${before ?? 'nothing'} and had begun ${called}, and its keys hold ${found[0]}`,
    );
    values[worker] = found[0];
    if (!isInDoubt) continue;
    named.splice(named.indexOf(open), 1);
    const outcome = worker % 2 === 0 ? 'commit' : 'rollback';
    await participant[outcome](open);
    if (outcome === 'commit') values[worker] = called;
  }
  assert.ok(named.length === 0, `${when}, inDoubt names ${named.join(', ')}, which ended before or never was`);
  await participant.close();
}
