/**
 * A process that works on a participant until it is killed, and says each call that it makes and each that has resolved. Its first
 * argument is a `CrashOrder`.
 */
import { writeSync } from 'node:fs';
import { nodeEnvironment } from '../../../src/runtime/node-environment.ts';
import type { Participant } from '../../../src/runtime/participant.ts';
import { assertFixture, type ParticipantFixture } from '../participant-fixture.ts';
import {
  CrashOrder,
  LOAD_WORKERS,
  loadKeys,
  loadTransaction,
  type ScriptStep,
  scripts,
  scriptTransaction,
  stepName,
} from './crash-script.ts';
import { recordFlushes } from './flush-recorder.ts';

const order = CrashOrder.parse(JSON.parse(process.argv[2] ?? ''));
const say = (text: string) => writeSync(1, `${text}\n`);
const die = () => process.kill(process.pid, 'SIGKILL');

// Whoever started this process may die without a word; its input ends then.
process.stdin.resume().on('end', die);

if (order.flushes !== undefined) {
  const { directory, shadow, killAt } = order.flushes;
  await recordFlushes(directory, shadow, (number) => {
    if (number === killAt) die();
  });
}

const { fixture }: { fixture?: unknown } = await import(order.module);
assertFixture(fixture);
const participant = fixture.participant(order.place);
const signal = new AbortController().signal;
const options = { timeoutMs: order.timeoutMs, signal };
const context = { coordinator: order.coordinator, environment: nodeEnvironment() };

if (order.work.kind === 'script') await followScript(fixture, participant, order.work);
else await underLoad(fixture, participant, order.work.first);
say('finished');
die();

type ScriptWork = Extract<CrashOrder['work'], { kind: 'script' }>;

async function followScript(made: ParticipantFixture, store: Participant, { script, killAt }: ScriptWork): Promise<void> {
  const handles = new Map<string, unknown>();
  const perform = async (step: ScriptStep): Promise<unknown> => {
    switch (step.call) {
      case 'open':
        return store.open(context);
      case 'inDoubt':
        return store.inDoubt();
      case 'close':
        return store.close();
      case 'enlist':
        handles.set(step.branch, await store.enlist(scriptTransaction(step.branch), options));
        return undefined;
      case 'write':
        // The compiler cannot know that the handle is one of this participant.
        return made.write(handles.get(step.branch) as never, step.key, step.branch);
      default:
        return store[step.call](scriptTransaction(step.branch));
    }
  };
  for (const step of scripts[script]) {
    const name = stepName(step);
    const moment = killAt?.step === name ? killAt.moment : undefined;
    say(`called ${name}`);
    const answer = perform(step);
    if (moment === 'called') die();
    if (moment === 'under-way') setTimeout(die, killAt?.delayMs);
    await answer;
    say(`answered ${name}`);
    if (moment !== undefined) die();
  }
}

async function underLoad(made: ParticipantFixture, store: Participant, first: number): Promise<void> {
  await store.open(context);
  const work = async (worker: number) => {
    for (let number = first; ; number += 1) {
      const tx = loadTransaction(worker, number);
      say(`called ${worker} ${number}`);
      const handle = await store.enlist(tx, options);
      for (const key of loadKeys(worker)) await made.write(handle as never, key, `${number}`);
      await store.prepare(tx);
      await store.commit(tx);
      say(`answered ${worker} ${number}`);
    }
  };
  await Promise.all(Array.from({ length: LOAD_WORKERS }, (_, worker) => work(worker)));
}
