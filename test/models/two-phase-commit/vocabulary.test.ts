// Method: the one table of names is compared with what TLC took, what the machines accept, what the explorer can do, and what
// spec/README.md tells people. An orphan on any side fails.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../models/package-root.ts';
import { replayEdges } from '../../../models/two-phase-commit/replay-edges.ts';
import { storedGraph } from '../../../models/two-phase-commit/stored-graphs.ts';
import { actionsOf, vocabulary } from '../../../models/two-phase-commit/vocabulary.ts';
import { coordinatorEffects, coordinatorMachine } from '../../../src/statecharts/coordinator.ts';
import { participantEffects, participantMachine } from '../../../src/statecharts/participant.ts';

const all = Object.keys(vocabulary).sort();

test('the table holds every action that TLC takes, and no other', async () => {
  expect([...(await storedGraph('network')).actions].sort()).toEqual(all);
});

test('each event of the coordinator machine is an action of the coordinator, and the other way round', () => {
  expect([...coordinatorMachine.events].sort()).toEqual(actionsOf('coordinator'));
});

test('each event of the participant machine is an action of a participant, and the other way round', () => {
  expect([...participantMachine.events].sort()).toEqual(actionsOf('participant'));
});

test('the explorer takes every action, environment and recovery included', async () => {
  const { stepsByAction } = replayEdges(await storedGraph('network'));
  expect(Object.keys(stepsByAction).sort()).toEqual(all);
});

test('every action of the machines is either remembered inside or an effect that the runtime performs', () => {
  const inside = ['ignore', 'recordHeard', 'startAfresh'];
  const names = (machine: { implementations: { actions: object } }) => Object.keys(machine.implementations.actions).sort();
  expect(names(coordinatorMachine)).toEqual([...Object.keys(coordinatorEffects), ...inside].sort());
  expect(names(participantMachine)).toEqual([...Object.keys(participantEffects), 'ignore'].sort());
});

test('spec/README.md has a row for each action, with its class', async () => {
  const readme = await readFile(join(packageRoot, 'spec', 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)`[^|]*\| ([a-z]+)/gm)].map(([, action = '', kind = '']) => [action, kind]);
  expect(Object.fromEntries(rows)).toEqual(vocabulary);
});
