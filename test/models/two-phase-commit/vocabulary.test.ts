// Method: the tables of names are compared with what TLC took, what the machines accept, what the explorer can do, and what
// spec/README.md tells people. An orphan on any side fails.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../models/package-root.ts';
import { replayEdges } from '../../../models/two-phase-commit/replay-edges.ts';
import type { ReplayedModule } from '../../../models/two-phase-commit/replayed-spec.ts';
import { type ReplayedConfiguration, storedGraph } from '../../../models/two-phase-commit/stored-graphs.ts';
import { actionsOf, optionsVocabulary, vocabulary } from '../../../models/two-phase-commit/vocabulary.ts';
import { coordinatorEffects, coordinatorMachine } from '../../../src/statecharts/coordinator.ts';
import { failureDetectorEffects, failureDetectorMachine } from '../../../src/statecharts/failure-detector.ts';
import { participantEffects, participantMachine } from '../../../src/statecharts/participant.ts';

const everyVocabulary = { ...vocabulary, ...optionsVocabulary };

const graphsOf = {
  TwoPhaseCommit: ['network'],
  TwoPhaseOptions: ['one-phase', 'heuristic-crashes'],
} as const satisfies Record<ReplayedModule, readonly ReplayedConfiguration[]>;

describe.each([
  ['TwoPhaseCommit', vocabulary],
  ['TwoPhaseOptions', optionsVocabulary],
] as const)('the table of %s', (module, table) => {
  const all = Object.keys(table).sort();

  test('holds every action that TLC takes, and no other', async () => {
    const graphs = await Promise.all(graphsOf[module].map((name) => storedGraph(name)));
    expect([...new Set(graphs.flatMap(({ actions }) => actions))].sort()).toEqual(all);
  });

  test('holds every action that the explorer takes, environment and recovery included', async () => {
    const taken = new Set<string>();
    for (const name of graphsOf[module]) {
      for (const action of Object.keys(replayEdges(await storedGraph(name)).stepsByAction)) taken.add(action);
    }
    expect([...taken].sort()).toEqual(all);
  });
});

test.each([
  ['coordinator', coordinatorMachine],
  ['participant', participantMachine],
  ['failure-detector', failureDetectorMachine],
] as const)('each event of the %s machine is an action of its class, and the other way round', (kind, machine) => {
  expect([...machine.events].sort()).toEqual(actionsOf(everyVocabulary, kind));
});

test('every action of the machines is either remembered inside or an effect that the runtime performs', () => {
  const names = (machine: { implementations: { actions: object } }) => Object.keys(machine.implementations.actions).sort();
  const inside = ['ignore', 'recordHeard', 'recordReader', 'startAfresh'];
  expect(names(coordinatorMachine)).toEqual([...Object.keys(coordinatorEffects), ...inside].sort());
  expect(names(participantMachine)).toEqual([...Object.keys(participantEffects), 'ignore'].sort());
  expect(names(failureDetectorMachine)).toEqual(Object.keys(failureDetectorEffects).sort());
});

test('spec/README.md has a row for each action, with its class', async () => {
  const readme = await readFile(join(packageRoot, 'spec', 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)`[^|]*\| ([a-z-]+)/gm)].map(([, action = '', kind = '']) => [action, kind]);
  expect(Object.fromEntries(rows)).toEqual(everyVocabulary);
});
