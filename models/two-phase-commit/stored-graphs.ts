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
import type { ReplayedModule } from './replayed-spec.ts';

/** The name of a configuration whose state graph is kept and replayed. */
export type ReplayedConfiguration = 'network' | 'crashes' | 'shared-log' | 'one-phase' | 'heuristic-crashes' | 'mixed';

/** The configurations whose state graphs are kept and replayed, by the name that they have on the command line. */
const modules: Readonly<Record<ReplayedConfiguration, ReplayedModule>> = {
  network: 'TwoPhaseCommit',
  crashes: 'TwoPhaseCommit',
  'shared-log': 'TwoPhaseCommit',
  'one-phase': 'TwoPhaseOptions',
  'heuristic-crashes': 'TwoPhaseOptions',
  mixed: 'TwoPhaseOptions',
};

/** All of them, smaller before larger ones of a module. */
export const replayedConfigurations = Object.keys(modules) as readonly ReplayedConfiguration[];

/** The name of its configuration file, without its ending. */
export function configurationOf(name: ReplayedConfiguration): string {
  return `${modules[name]}-${name}`;
}

const modulePath = (name: ReplayedConfiguration): string => join(packageRoot, 'spec', `${modules[name]}.tla`);
const configPath = (name: ReplayedConfiguration): string => join(packageRoot, 'spec', `${configurationOf(name)}.cfg`);
const graphPath = (name: ReplayedConfiguration): string => join(packageRoot, 'models', 'graphs', `${configurationOf(name)}.json.br`);

/**
 * The graph that TLC generated for this configuration, from its file.
 * @throws InvalidInputError when the spec or the configuration has changed since.
 */
export async function storedGraph(name: ReplayedConfiguration): Promise<Graph> {
  const graph = await readGraph(graphPath(name));
  if (graph.source !== (await hashSource(modulePath(name), configPath(name)))) {
    throw new InvalidInputError(
      `The stored graph of ${configurationOf(name)} is stale: the spec has changed since TLC generated it. Run "npx crossbound graphs".`,
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
    const result = await runTlc({ java, jar, module: modulePath(name), config: configPath(name), dumpFile, onProgress, signal });
    if (result.verdict.kind !== 'holds') {
      throw new InvalidInputError(`TLC does not accept ${configurationOf(name)}; run "npx crossbound check ${modules[name]}" to see why.`);
    }
    const graph = buildGraph(await readStateGraph(dumpFile), {
      module: modules[name],
      source: await hashSource(modulePath(name), configPath(name)),
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
