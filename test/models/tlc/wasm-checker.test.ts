// Method: the same specifications as for TLC, and the numbers that TLC found (run-tlc.test.ts); each limit of the checker
// that is worked around, or that must at least be told, has its own test.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../models/package-root.ts';
import type { CheckResult } from '../../../models/tlc/check-result.ts';
import { inlineModules } from '../../../models/tlc/inline-modules.ts';
import { type Configuration, readManifest } from '../../../models/tlc/manifest.ts';
import { readStateGraph } from '../../../models/tlc/read-dot.ts';
import { runTlc } from '../../../models/tlc/run-tlc.ts';
import { modelValue, printState, printValue, tlaFunction, tlaRecord, tlaSequence, tlaSet } from '../../../models/tlc/tla-value.ts';
import { checkWithWasm } from '../../../models/tlc/wasm-checker.ts';
import { SpecStepper } from '../../../models/tlc/wasm-stepper.ts';
import { fromWasm, toWasm } from '../../../models/tlc/wasm-value.ts';
import { copyTinySpec, findRealTlc, type SpecCopy, tinySpecDirectory } from './tiny-spec.ts';

const tlc = await findRealTlc();

const sizeOf = ({ expect: expected }: Configuration): number =>
  expected.result === 'holds' ? (expected.figures?.distinct ?? Infinity) : Infinity;

const project = await readManifest(join(packageRoot, 'spec'));
const ofProject = project?.modules
  .flatMap(({ configurations }) => configurations)
  .filter(({ root, expect: { result } }) => root === 'TwoPhaseCommit.tla' && result === 'holds')
  .sort((a, b) => sizeOf(a) - sizeOf(b))[0];

const check = (spec: SpecCopy, config = 'MCTinyCommit.cfg', signal?: AbortSignal): Promise<CheckResult> =>
  checkWithWasm({ module: spec.path('MCTinyCommit.tla'), config: spec.path(config), signal });

async function checkEdited(file: string, find: string, replace: string): Promise<CheckResult> {
  await using spec = await copyTinySpec();
  await spec.edit(file, find, replace);
  return await check(spec);
}

describe('tla-checker', () => {
  test('finds the number of states that TLC finds, names itself, and says what it did not judge', async () => {
    await using spec = await copyTinySpec();
    const result = await check(spec);
    expect(result).toMatchObject({
      verdict: { kind: 'holds' },
      distinct: 42,
      unjudged: ['RefinesOutcome', 'Decides'],
      checker: { kind: 'wasm' },
    });
    expect(result.checker.version).toMatch(/^tla-checker \d+\.\d+\.\d+ \(WebAssembly\)$/);
    expect(result.checker.version).not.toMatch(/TLC/);
  });

  test('names the violated invariant and the actions of the trace, with the places of their definitions', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('NeverCommits.cfg', 'NeverCommits', 'TypeOK NeverCommits');
    const { verdict } = await check(spec, 'NeverCommits.cfg');
    expect(verdict).toMatchObject({ kind: 'violation', property: { kind: 'invariant', name: 'NeverCommits' } });
    const steps = verdict.kind === 'violation' ? verdict.trace.steps : [];
    expect(steps.map(({ action }) => action)).toEqual([undefined, 'RequestCommit', 'Vote', 'Vote', 'ReceiveYes', 'ReceiveYes']);
    expect(steps[1]?.location).toEqual({ module: 'TinyCommit', line: 21, column: 1 });
    expect(printValue(steps[5]?.state['log'] ?? '')).toBe('<<[kind |-> "Commit", voters |-> {p1, p2}]>>');
  });

  test('finds a deadlock', async () => {
    expect(await checkEdited('TinyCommit.tla', '        \\/ Done\n', '')).toMatchObject({ verdict: { kind: 'deadlock' } });
  });

  test.each([
    ['an evaluation error', 'lost + 1', 'lost + "1"', 'evaluation'],
    ['a definition that it cannot read, which it leaves out in silence', 'votes = {}', 'votes = = {}', 'unsupported'],
    ['a declaration that it cannot read', 'VARIABLES coordinator', 'VARIABLES coordinator coordinator', 'syntax'],
  ])('reports %s', async (_what, find, replace, problem) => {
    const { verdict } = await checkEdited('TinyCommit.tla', find, replace);
    expect(verdict).toMatchObject({ kind: 'error', problem });
    if (problem !== 'evaluation') expect(verdict.kind === 'error' && verdict.locations[0]?.module).toBe('TinyCommit');
  });

  test('reports an invariant that is not defined', async () => {
    const { verdict } = await checkEdited('MCTinyCommit.cfg', 'TypeOK', 'TypeOk');
    expect(verdict).toMatchObject({ kind: 'error', problem: 'configuration', message: expect.stringContaining('TypeOk') });
  });

  test('checks no invariant that the configuration does not name', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('TinyCommit.tla', 'lost \\in 0..MaxLost', 'lost = 0');
    await spec.edit('MCTinyCommit.cfg', 'TypeOK ', '');
    expect(await check(spec)).toMatchObject({ verdict: { kind: 'holds' }, distinct: 42 });
    await spec.edit('MCTinyCommit.cfg', 'INVARIANTS CommitOnlyIfAllVoted', '');
    expect(await check(spec)).toMatchObject({ verdict: { kind: 'holds' }, distinct: 42 });
  });

  test('stops when aborted', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('TinyCommit.tla', 'lost < MaxLost', 'lost < MaxLost + 100000000');
    await spec.edit('TinyCommit.tla', "network' = network \\ {m}", "network' = network");
    await spec.edit('NeverCommits.cfg', 'INVARIANT NeverCommits', '');
    const run = check(spec, 'NeverCommits.cfg', AbortSignal.timeout(300));
    await expect(run).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('putting modules together', () => {
  test('leaves out instances and all that uses them, and refuses an invariant that does', async () => {
    await using spec = await copyTinySpec();
    const { source, definitions } = await inlineModules(spec.path('MCTinyCommit.tla'), spec.path('MCTinyCommit.cfg'));
    expect(source).not.toMatch(/INSTANCE|RefinesOutcome/);
    expect(definitions.get('Vote')).toEqual({ module: 'TinyCommit', line: 27, column: 1 });
    await spec.edit('MCTinyCommit.cfg', 'TypeOK', 'RefinesOutcome');
    await expect(check(spec)).rejects.toThrow(/RefinesOutcome uses an instance/);
  });

  test('refuses a formula that would be misread, with its place', async () => {
    const misread = checkEdited('TinyCommit.tla', '=> votes = Participant', '=> votes = Participant /\\ lost <= MaxLost');
    await expect(misread).rejects.toThrow(/TinyCommit\.tla:76: tla-checker would read this otherwise[\s\S]*parentheses/);
  });

  test('refuses a module that is not there', async () => {
    await expect(checkEdited('TinyCommit.tla', 'EXTENDS Naturals', 'EXTENDS Naturalls')).rejects.toThrow(/extends Naturalls/);
  });
});

describe('the stepper', () => {
  test('refuses a state that lacks a variable, which tla-checker would take for FALSE', async () => {
    await using spec = await copyTinySpec();
    const stepper = await SpecStepper.open(spec.path('MCTinyCommit.tla'), spec.path('MCTinyCommit.cfg'));
    const { log: _, ...incomplete } = stepper.initialStates[0] ?? {};
    expect(() => stepper.successors(incomplete)).toThrow(/"log"/);
    expect(() => stepper.successors({ ...stepper.initialStates[0], other: 1 })).toThrow(/"other"/);
  });

  test('tells that an action is enabled that changes nothing, and which invariants are false', async () => {
    await using spec = await copyTinySpec();
    const stepper = await SpecStepper.open(spec.path('MCTinyCommit.tla'), spec.path('MCTinyCommit.cfg'));
    const aborted = { ...stepper.initialStates[0], coordinator: 'aborted' };
    expect(stepper.successors(aborted).map(({ action }) => action)).toEqual(['Done']);
    expect(stepper.violatedInvariants(aborted)).toEqual([]);
    expect(stepper.violatedInvariants({ ...aborted, coordinator: 'committed', lost: 7 })).toEqual(['TypeOK', 'CommitOnlyIfAllVoted']);
  });

  const agreeing = [
    { what: 'the fixture', root: join(tinySpecDirectory, 'MCTinyCommit.tla'), config: join(tinySpecDirectory, 'MCTinyCommit.cfg') },
    ...(ofProject === undefined
      ? []
      : [
          {
            what: `TwoPhaseCommit, ${ofProject.name}`,
            root: join(packageRoot, 'spec', ofProject.root),
            config: join(packageRoot, 'spec', ofProject.config),
          },
        ]),
  ];
  test.skipIf(tlc.missing !== undefined).each(agreeing)(
    'takes exactly the steps that TLC takes, with their names, in every state of $what',
    async ({ root, config }) => {
      if (tlc.missing !== undefined) return;
      await using scratch = await copyTinySpec();
      const dumpFile = scratch.path('graph.dot');
      await runTlc({ java: tlc.java, jar: tlc.jar, module: root, config, dumpFile });
      const graph = await readStateGraph(dumpFile);
      const texts = graph.states.map(printState);
      const expected = texts.map((): string[] => []);
      for (const { from, to, action } of [...graph.edges, ...graph.stuttering]) expected[from]?.push(`${action}\n${texts[to]}`);
      const stepper = await SpecStepper.open(root, config);
      expect(stepper.initialStates.map(printState)).toEqual(graph.initial.map((index) => texts[index]));
      for (const [index, state] of graph.states.entries()) {
        // TLC names the quantified step of the fixture, tla-checker the definition inside it.
        const taken = stepper
          .successors(state)
          .map((step) => `${step.action === 'Lose' ? 'LoseSome' : step.action}\n${printState(step.state)}`);
        expect([...new Set(taken)].sort()).toEqual(expected[index]?.map((step) => step.replace(/^Lose\n/, 'LoseSome\n')).sort());
      }
    },
  );
});

test('a value survives the way to tla-checker and back', () => {
  const value = tlaSet([
    tlaRecord({ rm: modelValue('p1'), log: tlaSequence([1, 'a', true]) }),
    tlaFunction([
      [modelValue('p1'), tlaSet([])],
      [modelValue('p2'), tlaSequence([])],
    ]),
  ]);
  expect(printValue(fromWasm(toWasm(value)))).toBe(printValue(value));
  expect(() => fromWasm(null)).toThrow(/null/);
});
