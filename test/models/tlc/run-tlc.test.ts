// Method: the real TLC on copies of a tiny specification that are broken in one way each. What TLC says is compared with
// what the edit must lead to, and the processes and files that a run leaves are looked for in the system, not in the code.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckProgress, CheckResult } from '../../../models/tlc/check-result.ts';
import { parseLiveProgress, prepareLiveProgress } from '../../../models/tlc/live-progress.ts';
import { readStateGraph } from '../../../models/tlc/read-dot.ts';
import { runTlc, type TlcRun } from '../../../models/tlc/run-tlc.ts';
import { printValue } from '../../../models/tlc/tla-value.ts';
import { copyTinySpec, findRealTlc, type SpecCopy } from './tiny-spec.ts';

const tlc = await findRealTlc();

async function check(spec: SpecCopy, config = 'MCTinyCommit.cfg', more: Partial<TlcRun> = {}): Promise<CheckResult> {
  if (tlc.missing !== undefined) throw new Error(tlc.missing);
  return await runTlc({ java: tlc.java, jar: tlc.jar, module: spec.path('MCTinyCommit.tla'), config: spec.path(config), ...more });
}

async function checkEdited(file: string, find: string, replace: string, config?: string): Promise<CheckResult> {
  await using spec = await copyTinySpec();
  await spec.edit(file, find, replace);
  return await check(spec, config);
}

const edited = (find: string, replace: string): Promise<CheckResult> => checkEdited('TinyCommit.tla', find, replace);

describe.skipIf(tlc.missing !== undefined)(`TLC ${tlc.missing ?? ''}`, () => {
  test('on a correct specification holds, counts the states, reports progress and every action, and writes the graph', async () => {
    await using spec = await copyTinySpec();
    const progress: CheckProgress[] = [];
    const dumpFile = spec.path('graph.dot');
    const result = await check(spec, 'MCTinyCommit.cfg', { coverage: true, dumpFile, onProgress: (report) => progress.push(report) });
    expect(result).toMatchObject({ verdict: { kind: 'holds' }, generated: 97, distinct: 42, depth: 7, checker: { kind: 'tlc' } });
    expect(result.checker.version).toMatch(/^TLC2 Version 2\./);
    expect(progress.at(-1)).toMatchObject({ generated: 97, distinct: 42, queue: 0, depth: 7 });
    const actions = new Map(result.actions?.map(({ action, distinct, total }) => [action, { distinct, total }]));
    expect([...actions.keys()].sort()).toEqual(['Done', 'LoseSome', 'ReceiveYes', 'RequestCommit', 'Vote', 'VoteTimeOut']);
    expect(actions.get('Vote')).toEqual({ distinct: 8, total: 20 });
    const graph = await readStateGraph(dumpFile);
    expect(graph.states).toHaveLength(42);
    expect(graph.initial).toEqual([0]);
    // 97 generated: the initial state, 21 times Done, which changes nothing, and 75 steps that differ.
    expect(graph.edges).toHaveLength(75);
    expect(printValue(graph.states[1]?.['network'] ?? '')).toBe('{[rm |-> p1, type |-> "Prepare"], [rm |-> p2, type |-> "Prepare"]}');
  });

  test('names a violated invariant and gives each step with action, place and variables', async () => {
    await using spec = await copyTinySpec();
    const { verdict } = await check(spec, 'NeverCommits.cfg');
    expect(verdict).toMatchObject({ kind: 'violation', property: { kind: 'invariant', name: 'NeverCommits' } });
    const steps = verdict.kind === 'violation' ? verdict.trace.steps : [];
    expect(steps.map(({ action }) => action)).toEqual([undefined, 'RequestCommit', 'Vote', 'ReceiveYes', 'Vote', 'ReceiveYes']);
    expect(steps[1]?.location).toEqual({ module: 'TinyCommit', line: 22, column: 5 });
    expect(steps[5]?.state['coordinator']).toBe('committed');
    expect(printValue(steps[5]?.state['log'] ?? '')).toBe('<<[kind |-> "Commit", voters |-> {p1, p2}]>>');
  });

  test('gives the state of an invariant that is false at once', async () => {
    const { verdict } = await checkEdited('NeverCommits.cfg', 'NeverCommits', 'Committed', 'NeverCommits.cfg');
    expect(verdict).toMatchObject({
      kind: 'violation',
      property: { name: 'Committed' },
      trace: { steps: [{ number: 1, state: { coordinator: 'working' } }] },
    });
  });

  test('shows a broken liveness property as a behaviour that stops', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('AlwaysCommits.cfg', 'Decides ', '');
    const { verdict } = await check(spec, 'AlwaysCommits.cfg');
    expect(verdict).toMatchObject({
      kind: 'violation',
      property: { kind: 'temporal', name: 'AlwaysCommits' },
      trace: { forever: { kind: 'stuttering' } },
    });
  });

  test('does not guess which of two liveness properties it was', async () => {
    await using spec = await copyTinySpec();
    const { verdict } = await check(spec, 'AlwaysCommits.cfg');
    expect(verdict).toMatchObject({ kind: 'violation', property: { kind: 'temporal', name: undefined } });
  });

  test('shows a broken liveness property as a behaviour that returns', async () => {
    await using spec = await copyTinySpec();
    await spec.write(
      'Lamp.tla',
      "---- MODULE Lamp ----\nEXTENDS Naturals\nVARIABLE x\nStep == x' = (IF x = 4 THEN 2 ELSE x + 1)\nSpec == x = 0 /\\ [][Step]_x /\\ WF_x(Step)\nSettles == <>[](x = 3)\n====",
    );
    await spec.write('Lamp.cfg', 'SPECIFICATION Spec\nPROPERTY Settles\n');
    const { verdict } = await check(spec, 'Lamp.cfg', { module: spec.path('Lamp.tla') });
    expect(verdict).toMatchObject({
      kind: 'violation',
      property: { kind: 'temporal', name: 'Settles' },
      trace: { forever: { kind: 'loop', backTo: 3, action: 'Step' } },
    });
  });

  test('finds a step that the abstract module does not allow', async () => {
    const { verdict } = await edited(
      '/\\ coordinator = "preparing"\n    /\\ coordinator\' = "aborted"',
      '/\\ coordinator \\in {"preparing", "committed"}\n    /\\ coordinator\' = "aborted"',
    );
    expect(verdict).toMatchObject({ kind: 'violation', property: { kind: 'step' } });
    expect(verdict.kind === 'violation' && verdict.trace.steps.at(-1)?.action).toBe('VoteTimeOut');
  });

  test('finds an initial state that the abstract module does not allow', async () => {
    const { verdict } = await edited('Init == /\\ coordinator = "working"', 'Init == /\\ coordinator = "aborted"');
    expect(verdict).toMatchObject({
      kind: 'violation',
      property: { kind: 'initial' },
      trace: { steps: [{ state: { coordinator: 'aborted' } }] },
    });
  });

  test('finds a deadlock', async () => {
    const { verdict } = await edited('        \\/ Done\n', '');
    expect(verdict).toMatchObject({ kind: 'deadlock' });
    expect(verdict.kind === 'deadlock' && verdict.trace.steps.length).toBeGreaterThan(1);
  });

  test.each([
    ['a syntax error with its place', 'votes = {}', 'votes = = {}', 'syntax', { module: 'TinyCommit', line: 16, column: 22 }],
    ['an unknown name with its place', 'votes = {}', 'vote = {}', 'semantics', { module: 'TinyCommit', line: 16, column: 12 }],
    ['an evaluation error with its place', 'lost + 1', 'lost + "1"', 'evaluation', { module: 'TinyCommit', line: 54, column: 16 }],
  ])('reports %s', async (_what, find, replace, problem, place) => {
    const { verdict } = await edited(find, replace);
    expect(verdict).toMatchObject({ kind: 'error', problem });
    expect(verdict.kind === 'error' && verdict.locations.at(-1)).toEqual(place);
    expect(verdict.kind === 'error' && verdict.message).not.toMatch(/\tat |@!@!@/);
  });

  test.each([
    ['an invariant that is not defined', 'TypeOK', 'TypeOk', /TypeOk.*\n?.*not defined/],
    ['a word that is no keyword', 'SPECIFICATION Spec', 'SPEC Spec', /keyword/],
    ['a constant without a value', 'MaxLost = 1', '', /MaxLost/],
  ])('reports %s in the configuration', async (_what, find, replace, message) => {
    const { verdict } = await checkEdited('MCTinyCommit.cfg', find, replace);
    expect(verdict).toMatchObject({ kind: 'error', problem: 'configuration' });
    expect(verdict.kind === 'error' && verdict.message).toMatch(message);
  });

  test('reports that a module is missing', async () => {
    const { verdict } = await edited('EXTENDS Naturals', 'EXTENDS Naturalls');
    expect(verdict).toMatchObject({ kind: 'error', problem: 'semantics' });
    expect(verdict.kind === 'error' && verdict.message).toMatch(/Cannot find source file for module Naturalls/);
  });

  describe('on a specification too large to finish', () => {
    const endless =
      "---- MODULE Endless ----\nEXTENDS Naturals\nVARIABLES x, y, z\nInit == x = 0 /\\ y = 0 /\\ z = 0\nX == x' = x + 1 /\\ UNCHANGED <<y, z>>\nY == y' = y + 1 /\\ UNCHANGED <<x, z>>\nZ == z' = z + 1 /\\ UNCHANGED <<x, y>>\nNext == X \\/ Y \\/ Z\n====";

    async function endlessSpec(): Promise<SpecCopy> {
      const spec = await copyTinySpec();
      await spec.write('Endless.tla', endless);
      await spec.write('Endless.cfg', 'INIT Init\nNEXT Next\n');
      return spec;
    }
    const tlcProcesses = (marker: string): string[] =>
      execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes('tlc2.TLC') && line.includes(marker));

    test('stops when aborted and leaves neither TLC nor its files', async () => {
      await using spec = await endlessSpec();
      const temporaryDirectory = mkdtempSync(join(tmpdir(), 'crossbound-abort-'));
      const controller = new AbortController();
      const onProgress = ({ phase }: CheckProgress): void => {
        if (phase !== 'searching') return;
        expect(tlcProcesses(temporaryDirectory)).toHaveLength(1);
        controller.abort();
      };
      const run = check(spec, 'Endless.cfg', {
        module: spec.path('Endless.tla'),
        signal: controller.signal,
        onProgress,
        temporaryDirectory,
      });
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect(tlcProcesses(temporaryDirectory)).toEqual([]);
      expect(readdirSync(temporaryDirectory)).toEqual([]);
      rmSync(temporaryDirectory, { recursive: true });
    });

    test('reports its counters each second, where this Java has a compiler', async () => {
      if (tlc.missing !== undefined) return;
      await using spec = await endlessSpec();
      await using live = await prepareLiveProgress(tlc.java);
      const controller = new AbortController();
      const reports: CheckProgress[] = [];
      const onProgress = (report: CheckProgress): void => {
        reports.push(report);
        if (reports.length === 4) controller.abort();
      };
      const run = check(spec, 'Endless.cfg', { module: spec.path('Endless.tla'), signal: controller.signal, onProgress, live });
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect(live, 'a JDK, not only a JRE, is needed for this').toBeDefined();
      const [, second, third, fourth] = reports;
      for (const report of [second, third, fourth]) expect(report).toMatchObject({ phase: 'searching', ratePerSecond: expect.any(Number) });
      expect(fourth?.generated).toBeGreaterThan(second?.generated ?? 0);
      expect((fourth?.elapsedMs ?? 0) - (second?.elapsedMs ?? 0)).toBeLessThan(10_000);
    });

    const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
    test.skipIf(!mayMount)('reports a full disk (a file system of 1 MiB)', async () => {
      await using spec = await endlessSpec();
      const small = mkdtempSync(join(tmpdir(), 'crossbound-full-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
      try {
        const { verdict } = await check(spec, 'Endless.cfg', { module: spec.path('Endless.tla'), temporaryDirectory: small });
        expect(verdict).toMatchObject({ kind: 'error', problem: 'disk-full' });
        expect(readdirSync(small)).toEqual([]);
      } finally {
        execFileSync('umount', [small]);
        rmSync(small, { recursive: true });
      }
    });

    test('reports a heap that is too small', async () => {
      await using spec = await endlessSpec();
      await spec.edit('Endless.tla', 'Init == x = 0', 'Init == x = [i \\in 1..50000000 |-> i]');
      const { verdict } = await check(spec, 'Endless.cfg', { module: spec.path('Endless.tla'), heapMebibytes: 16 });
      expect(verdict).toMatchObject({ kind: 'error', problem: 'out-of-memory' });
    });
  });
});

test('a line of the live reporter is told from what Java complains of', () => {
  expect(parseLiveProgress('@live 120 40 -1 7')).toEqual({ generated: 120, distinct: 40, queue: 0, depth: 7 });
  expect(parseLiveProgress('OpenJDK warning: something')).toBeUndefined();
});
