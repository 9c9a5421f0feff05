import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import { buildGraph, hashSource, parseConstants } from '../graph/build-graph.ts';
import { type Graph, readGraph, writeGraph } from '../graph/graph-file.ts';
import { packageRoot } from '../package-root.ts';
import type { CheckProgress } from '../tlc/check-result.ts';
import { findJava } from '../tlc/find-java.ts';
import { findTlc } from '../tlc/find-tlc.ts';
import { readStateGraph } from '../tlc/read-dot.ts';
import { runTlc } from '../tlc/run-tlc.ts';

/** The configurations of TwoPhaseCommit whose state graphs are kept and replayed, smallest first. */
export const replayedConfigurations = ['network', 'crashes', 'shared-log'] as const;
/** The name of one of them. */
export type ReplayedConfiguration = (typeof replayedConfigurations)[number];

const modulePath = join(packageRoot, 'spec', 'TwoPhaseCommit.tla');
const configPath = (name: string): string => join(packageRoot, 'spec', `TwoPhaseCommit-${name}.cfg`);
const graphPath = (name: string): string => join(packageRoot, 'models', 'graphs', `TwoPhaseCommit-${name}.json.br`);

/**
 * The graph that TLC generated for this configuration, from its file.
 * @throws InvalidInputError when the spec or the configuration has changed since.
 */
export async function storedGraph(name: ReplayedConfiguration): Promise<Graph> {
  const graph = await readGraph(graphPath(name));
  if (graph.source !== (await hashSource(modulePath, configPath(name)))) {
    throw new InvalidInputError(
      `The stored graph of TwoPhaseCommit-${name} is stale: the spec has changed since TLC generated it. Run "npx crossbound graphs".`,
    );
  }
  return graph;
}

/** How the making of a graph is watched and stopped. */
export interface GenerateOptions {
  readonly onNews?: (line: string) => void;
  readonly onProgress?: (progress: CheckProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Has TLC generate the graph anew and stores it.
 * @throws CheckerError without Java or TLC; InvalidInputError when TLC finds the configuration wanting.
 */
export async function generateGraph(name: ReplayedConfiguration, options: GenerateOptions = {}): Promise<Graph> {
  const { signal, onProgress } = options;
  const java = await findJava(process.env, signal);
  const jar = await findTlc({ signal, ...(options.onNews === undefined ? {} : { onProgress: options.onNews }) });
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-graph-'));
  try {
    const dumpFile = join(directory, 'graph.dot');
    const result = await runTlc({ java, jar, module: modulePath, config: configPath(name), dumpFile, onProgress, signal });
    if (result.verdict.kind !== 'holds') {
      throw new InvalidInputError(`TLC does not accept TwoPhaseCommit-${name}; run "npx crossbound check TwoPhaseCommit" to see why.`);
    }
    const graph = buildGraph(await readStateGraph(dumpFile), {
      source: await hashSource(modulePath, configPath(name)),
      checker: result.checker.version,
      constants: parseConstants(await readFile(configPath(name), 'utf8')),
    });
    await mkdir(join(packageRoot, 'models', 'graphs'), { recursive: true });
    await writeGraph(graphPath(name), graph);
    return graph;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
