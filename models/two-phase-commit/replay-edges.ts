/**
 * Level 2 of the bridge: the product of implementation and spec, explored from the initial states. At each reachable pair and
 * for each action, the successors of the implementation, seen as states of the spec, must be exactly those that TLC found:
 * what the spec forbids the code refuses, what the spec allows the code does. The expected side is TLC's dump alone.
 */
import { InvalidInputError } from '../../src/protocol/errors.ts';
import type { Graph } from '../graph/graph-file.ts';
import { type Implementation, production } from './implementation.ts';
import { type Move, Moves } from './moves.ts';
import { type ReplayedSpec, replayedSpecs } from './replayed-spec.ts';
import { type Bounds, boundsOf, initialWorld, type World, worldKey } from './world.ts';

/** Where the two sides differ, with the shortest way there. */
export interface Divergence {
  /** `extra`: the code can, the spec cannot; `missing`: the spec can, the code cannot; `initial`, `broken`: the code fails on its own. */
  readonly kind: 'extra' | 'missing' | 'initial' | 'broken';
  /** The spec's action at which they differ, or `any`. */
  readonly action: string;
  /** The difference in words. */
  readonly message: string;
  /** The labels of the steps that lead to the difference. */
  readonly path: readonly string[];
}

/** How far a replay is. */
export interface ReplayProgress {
  /** Pairs reached so far. */
  readonly pairs: number;
  /** Pairs reached and not yet compared. */
  readonly queue: number;
  /** Edges of the spec that were compared. */
  readonly coveredEdges: number;
  /** Edges that TLC generated. */
  readonly totalEdges: number;
}

/** What a replay came to. It holds when there is no divergence and all edges are covered. */
export interface ReplayResult {
  /** Pairs of an implementation state and a spec state that were reached. */
  readonly pairs: number;
  /** Steps of the implementation that were compared. */
  readonly steps: number;
  /** Edges of the spec that were compared. */
  readonly coveredEdges: number;
  /** Edges that TLC generated. */
  readonly totalEdges: number;
  /** States of the spec that were reached. */
  readonly coveredStates: number;
  /** States that TLC found. */
  readonly totalStates: number;
  /** How many steps of the implementation each action of the spec was compared with. */
  readonly stepsByAction: Readonly<Record<string, number>>;
  /** The first difference, if any: exploration stops there. */
  readonly divergence?: Divergence;
}

/** How {@link replayEdges} runs. */
export interface ReplayOptions {
  /** The code to replay; {@link production} by default. */
  readonly code?: Implementation;
  /** Called about every 1,000 pairs. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Pairs to explore at most; reaching it is an error, so that a code mutant cannot run for ever. */
  readonly maxPairs?: number;
}

interface Pair {
  readonly world: World;
  readonly state: number;
  readonly parent: Pair | undefined;
  readonly label: string;
}

const defaultMaxPairs = 2_000_000;

/**
 * Replays every edge of `graph` in both directions.
 *
 * @throws InvalidInputError when the graph is of a module that no code is written for.
 */
export function replayEdges(graph: Graph, options: ReplayOptions = {}): ReplayResult {
  return new Replay(graph, options).run();
}

class Replay {
  readonly #graph: Graph;
  readonly #options: ReplayOptions;
  readonly #spec: ReplayedSpec;
  readonly #bounds: Bounds;
  readonly #code: Implementation;
  readonly #moves: Moves;
  readonly #index: StateIndex;
  /** By state, by action: the successors that TLC found. */
  readonly #expected: readonly Map<string, Set<number>>[];
  /** By key of a world: the state of the spec that it is. */
  readonly #known = new Map<string, number>();
  readonly #queue: Pair[] = [];
  readonly #coveredEdges = new Set<string>();
  readonly #coveredStates = new Set<number>();
  readonly #stepsByAction: Record<string, number> = {};
  #steps = 0;

  constructor(graph: Graph, options: ReplayOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#spec = specOf(graph);
    this.#bounds = boundsOf(graph);
    this.#code = options.code ?? production;
    this.#moves = new Moves(this.#spec, this.#bounds, this.#code);
    this.#index = new StateIndex(graph);
    const expected = graph.states.map(() => new Map<string, Set<number>>());
    for (const { from, action, to } of graph.edges) {
      const byAction = expected[from];
      const name = graph.actions[action] ?? '';
      const successors = byAction?.get(name) ?? new Set<number>();
      byAction?.set(name, successors.add(to));
    }
    this.#expected = expected;
  }

  run(): ReplayResult {
    const divergence = this.#start() ?? this.#explore();
    return {
      pairs: this.#known.size,
      steps: this.#steps,
      coveredEdges: this.#coveredEdges.size,
      totalEdges: this.#graph.edges.length,
      coveredStates: this.#coveredStates.size,
      totalStates: this.#graph.states.length,
      stepsByAction: this.#stepsByAction,
      ...(divergence === undefined ? {} : { divergence }),
    };
  }

  #start(): Divergence | undefined {
    const world = initialWorld(this.#bounds, this.#code);
    const state = this.#index.find(this.#spec.abstract(world, this.#bounds));
    if (state === undefined || !this.#graph.initial.includes(state)) {
      return { kind: 'initial', action: 'Init', message: 'the code starts in a state that is not initial in the spec', path: [] };
    }
    this.#enqueue(worldKey(world), { world, state, parent: undefined, label: 'Init' });
    return undefined;
  }

  #explore(): Divergence | undefined {
    const { onProgress, maxPairs = defaultMaxPairs } = this.#options;
    for (let next = 0; next < this.#queue.length; next += 1) {
      const pair = this.#queue[next];
      if (pair === undefined) break;
      if (next % 1000 === 0) {
        onProgress?.({
          pairs: this.#known.size,
          queue: this.#queue.length - next,
          coveredEdges: this.#coveredEdges.size,
          totalEdges: this.#graph.edges.length,
        });
      }
      if (this.#known.size > maxPairs) {
        return differ(pair, 'broken', 'any', `more than ${maxPairs} pairs were reached: the code has states that the spec does not know`);
      }
      const divergence = this.#compare(pair);
      if (divergence !== undefined) return divergence;
    }
    return undefined;
  }

  /** All steps from one pair, in both directions. */
  #compare(pair: Pair): Divergence | undefined {
    const expected = this.#expected[pair.state] ?? new Map<string, Set<number>>();
    let moves: Move[];
    try {
      moves = this.#moves.from(pair.world);
    } catch (error) {
      return differ(pair, 'broken', 'any', error instanceof Error ? error.message : String(error));
    }
    const done = new Set<string>();
    for (const { action, label, world } of moves) {
      this.#steps += 1;
      this.#stepsByAction[action] = (this.#stepsByAction[action] ?? 0) + 1;
      const key = worldKey(world);
      const to = this.#known.get(key) ?? this.#index.find(this.#spec.abstract(world, this.#bounds));
      if (to === undefined || !expected.get(action)?.has(to)) {
        return differ(pair, 'extra', action, `the code takes ${label}, which the spec does not allow here`);
      }
      done.add(`${action} ${to}`);
      this.#coveredEdges.add(`${pair.state} ${action} ${to}`);
      this.#enqueue(key, { world, state: to, parent: pair, label });
    }
    for (const [action, successors] of expected) {
      for (const to of successors) {
        if (!done.has(`${action} ${to}`))
          return differ(pair, 'missing', action, `the spec allows ${action} here, and the code does not do it`);
      }
    }
    return undefined;
  }

  #enqueue(key: string, pair: Pair): void {
    if (this.#known.has(key)) return;
    this.#known.set(key, pair.state);
    this.#coveredStates.add(pair.state);
    this.#queue.push(pair);
  }
}

function specOf({ module }: Graph): ReplayedSpec {
  const spec = new Map<string, ReplayedSpec>(Object.entries(replayedSpecs)).get(module);
  if (spec === undefined)
    throw new InvalidInputError(`No code is replayed against ${module}, only against ${Object.keys(replayedSpecs).join(', ')}.`);
  return spec;
}

/** Finds a state of the graph by the texts of its variables. */
class StateIndex {
  readonly #variables: readonly string[];
  readonly #positions: readonly ReadonlyMap<string, number>[];
  readonly #states: ReadonlyMap<string, number>;

  constructor(graph: Graph) {
    this.#variables = graph.variables;
    this.#positions = graph.values.map((texts) => new Map(texts.map((text, position) => [text, position])));
    this.#states = new Map(graph.states.map((row, state) => [row.join(), state]));
  }

  find(values: Readonly<Record<string, string>>): number | undefined {
    const row = this.#variables.map((name, variable) => this.#positions[variable]?.get(values[name] ?? '') ?? -1);
    return this.#states.get(row.join());
  }
}

function differ(pair: Pair, kind: Divergence['kind'], action: string, message: string): Divergence {
  const path: string[] = [];
  for (let at: Pair | undefined = pair; at?.parent !== undefined; at = at.parent) path.unshift(at.label);
  return { kind, action, message, path };
}
