/**
 * A state graph that TLC generated, as a file that needs no Java to be read: JSON, compressed. States are rows of numbers, one
 * for each variable, that point into a table of the variable's values in canonical TLA+ text.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { z } from 'zod';
import { InvalidInputError } from '../../src/protocol/errors.ts';

const index = z.int().min(0);

const graphFileSchema = z.strictObject({
  format: z.literal(1),
  /** A file without it is older than the second module. */
  module: z.string().default('TwoPhaseCommit'),
  /** What this graph was generated from: SHA-256 over the module and the configuration. */
  source: z.string().regex(/^[0-9a-f]{64}$/),
  checker: z.string(),
  constants: z.record(z.string(), z.union([z.int(), z.array(z.string())])),
  actions: z.array(z.string()),
  variables: z.array(z.string()),
  values: z.array(z.array(z.string())),
  /** One column a variable, each entry the difference from the one before. */
  states: z.array(z.array(z.int())),
  initial: z.array(index),
  /** Columns: from (differences), action, to (difference from `from`). */
  edges: z.tuple([z.array(z.int()), z.array(index), z.array(z.int())]),
});

/** One step of the graph. `from` and `to` are states, `action` a position in `actions`. */
export interface GraphEdge {
  readonly from: number;
  readonly action: number;
  readonly to: number;
}

/** A state graph in memory. */
export interface Graph {
  /** The module that it is a graph of. */
  readonly module: string;
  readonly source: string;
  readonly checker: string;
  readonly constants: Readonly<Record<string, number | readonly string[]>>;
  readonly actions: readonly string[];
  readonly variables: readonly string[];
  /** By variable: the canonical texts of the values it takes. */
  readonly values: readonly (readonly string[])[];
  /** By state: for each variable the position of its value. */
  readonly states: readonly (readonly number[])[];
  readonly initial: readonly number[];
  /** Self-loops are actions that are enabled and change nothing. */
  readonly edges: readonly GraphEdge[];
}

export async function writeGraph(path: string, graph: Graph): Promise<void> {
  const states = graph.variables.map((_, variable) => differences(graph.states.map((row) => row[variable] ?? 0)));
  const edges = [
    differences(graph.edges.map(({ from }) => from)),
    graph.edges.map(({ action }) => action),
    graph.edges.map(({ from, to }) => to - from),
  ];
  const json = JSON.stringify({ ...graph, format: 1, states, edges });
  await writeFile(path, brotliCompressSync(json, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 } }));
}

/** @throws InvalidInputError when there is no such file, or it is not a graph. */
export async function readGraph(path: string): Promise<Graph> {
  let parsed: z.infer<typeof graphFileSchema>;
  try {
    parsed = graphFileSchema.parse(JSON.parse(brotliDecompressSync(await readFile(path)).toString('utf8')));
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const problem = isMissing ? `The state graph ${path} is missing` : `${path} is not a state graph`;
    throw new InvalidInputError(`${problem}; have it made anew with "npx crossbound graphs".`, { cause });
  }
  const columns = parsed.states.map(sums);
  const rows = Array.from({ length: columns[0]?.length ?? 0 }, (_, state) => columns.map((column) => column[state] ?? 0));
  const from = sums(parsed.edges[0]);
  const edges = from.map((start, edge) => ({
    from: start,
    action: parsed.edges[1][edge] ?? 0,
    to: start + (parsed.edges[2][edge] ?? 0),
  }));
  return { ...parsed, states: rows, edges };
}

function differences(column: readonly number[]): number[] {
  return column.map((value, position) => value - (column[position - 1] ?? 0));
}

function sums(column: readonly number[]): number[] {
  let sum = 0;
  return column.map((difference) => {
    sum += difference;
    return sum;
  });
}
