import { expect } from 'vitest';
import { type Implementation, production } from '../../../models/two-phase-commit/implementation.ts';
import { replayEdges } from '../../../models/two-phase-commit/replay-edges.ts';
import { configurationOf, type ReplayedConfiguration, storedGraph } from '../../../models/two-phase-commit/stored-graphs.ts';
import { type Step, stepBranch, stepCoordinator } from '../../../src/statecharts/step.ts';

type AnyStep = (snapshot: never, event: never) => Step<{ readonly value: unknown; readonly context: unknown }, object>;

/**
 * `compiled`, which throws where it differs from `interpreted`. Both are functions of the state, the context and the event, so
 * each of these is compared when it comes first.
 */
function compared<Compiled extends AnyStep>(compiled: Compiled, interpreted: Compiled): Compiled {
  const seen = new Set<string>();
  const step: AnyStep = (snapshot, event) => {
    const found = compiled(snapshot, event);
    const { value, context } = snapshot as { value: unknown; context: unknown };
    const key = JSON.stringify([value, context, event]);
    if (!seen.has(key)) {
      const [is, shouldBe] = [found, interpreted(snapshot, event)].map(shown);
      if (is !== shouldBe) throw new Error(`on ${key} the compiled statechart comes to ${is}, the interpreted one to ${shouldBe}`);
      seen.add(key);
    }
    return found;
  };
  return step as Compiled;
}

function shown({ accepted, snapshot, effects }: ReturnType<AnyStep>): string {
  return JSON.stringify([accepted, snapshot.value, snapshot.context, effects]);
}

/** The code as it is shipped, which steps compiled statecharts, and XState beside it: each step must be the same in both. */
const sideBySide: Implementation = {
  ...production,
  stepCoordinator: compared(production.stepCoordinator, (snapshot, event) => stepCoordinator(snapshot, event)),
  stepBranch: compared(production.stepBranch, (snapshot, event) => stepBranch(snapshot, event)),
};

/** Replays a stored graph, compiled and interpreted side by side, prints what was covered, and fails below all of it. */
export async function expectEveryEdge(name: ReplayedConfiguration): Promise<void> {
  const graph = await storedGraph(name);
  const result = replayEdges(graph, { code: sideBySide });
  console.log(
    `${configurationOf(name)}: ${result.coveredEdges}/${result.totalEdges} edges, ${result.coveredStates}/${result.totalStates} states`,
  );
  expect(result.divergence).toBeUndefined();
  expect(result.coveredEdges).toBe(result.totalEdges);
  expect(result.coveredStates).toBe(result.totalStates);
}
