import assert from 'node:assert/strict';
import type { Participant } from '../../../src/runtime/participant.ts';
import { expectInDoubt, type StoreUnderTest } from '../store-under-test.ts';
import { type ScriptBranch, scriptBranches, scriptKeys, scriptTransaction } from './crash-script.ts';

/** What was committed under every key of the script before it began. */
export const OLD = 'old';

/** What may be said of one branch, from the calls of all processes that worked on it. */
interface Allowed {
  readonly inDoubt: 'yes' | 'no' | 'maybe';
  /** Its writes may be committed where it is not in doubt. */
  readonly isCommitted: boolean;
}

function allowed(branch: ScriptBranch, said: ReadonlySet<string>): Allowed {
  if (said.has(`answered commit ${branch}`)) return { inDoubt: 'no', isCommitted: true };
  if (said.has(`called commit ${branch}`)) return { inDoubt: 'maybe', isCommitted: true };
  if (said.has(`called rollback ${branch}`)) return { inDoubt: 'maybe', isCommitted: false };
  if (said.has(`answered prepare ${branch}`)) return { inDoubt: 'yes', isCommitted: false };
  if (said.has(`called prepare ${branch}`)) return { inDoubt: 'maybe', isCommitted: false };
  return { inDoubt: 'no', isCommitted: false };
}

/**
 * Opens the store after the crash, compares it with what the dead processes had said, gives every branch that is in doubt an outcome, and
 * compares again, also after another restart.
 *
 * @param end - for branches that may go both ways.
 */
export async function judgeScript(
  store: StoreUnderTest,
  said: ReadonlySet<string>,
  end: 'commit' | 'rollback',
  when: string,
): Promise<void> {
  let participant = await store.open();
  const named = await participant.inDoubt();
  const strange = named.filter((tx) => !scriptBranches.some((branch) => scriptTransaction(branch) === tx));
  assert.ok(strange.length === 0, `${when}, inDoubt names ${strange.join(', ')}, which nobody prepared`);
  const expected: Record<string, string> = {};
  for (const branch of scriptBranches) {
    const { inDoubt, isCommitted } = allowed(branch, said);
    const isInDoubt = named.includes(scriptTransaction(branch));
    assert.ok(inDoubt !== 'yes' || isInDoubt, `${when}, "${branch}" was prepared and must be in doubt, and is not`);
    assert.ok(inDoubt !== 'no' || !isInDoubt, `${when}, "${branch}" must not be in doubt, and is`);
    for (const key of scriptKeys[branch]) expected[key] = isCommitted && !isInDoubt ? branch : OLD;
  }
  await store.expectCommitted(expected, when);
  for (const branch of scriptBranches) {
    if (!named.includes(scriptTransaction(branch))) continue;
    const outcome = outcomeOf(branch, said, end);
    await participant[outcome](scriptTransaction(branch));
    if (outcome === 'commit') for (const key of scriptKeys[branch]) expected[key] = branch;
  }
  await compare(store, participant, expected, `${when} and with all outcomes given`);
  // A rollback need not be durable: what it undid may be in doubt again, and no more than that.
  participant = await store.restart();
  for (const tx of await participant.inDoubt()) await participant.rollback(tx);
  await compare(store, participant, expected, `${when}, with all outcomes given, and after a restart`);
}

function outcomeOf(branch: ScriptBranch, said: ReadonlySet<string>, end: 'commit' | 'rollback'): 'commit' | 'rollback' {
  if (said.has(`called commit ${branch}`)) return 'commit';
  return said.has(`called rollback ${branch}`) ? 'rollback' : end;
}

async function compare(
  store: StoreUnderTest,
  participant: Participant,
  expected: Readonly<Record<string, string>>,
  when: string,
): Promise<void> {
  await expectInDoubt(participant, [], when);
  await store.expectCommitted(expected, when);
}
