import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { StateGraph } from '../tlc/read-dot.ts';
import { printValue } from '../tlc/tla-value.ts';
import type { Graph } from './graph-file.ts';

/**
 * What a graph depends on: the module without its comments and blank lines, the specification and the constants. Indentation
 * counts, since TLA+ reads lists by it. A change in the prose of either, or in the list of what is checked, makes no graph stale.
 */
export async function hashSource(modulePath: string, configPath: string): Promise<string> {
  const module = (await readFile(modulePath, 'utf8')).replace(/\(\*[\s\S]*?\*\)/g, '').replace(/\\\*.*$/gm, '');
  const config = await readFile(configPath, 'utf8');
  const specification = /^SPECIFICATION\s+(\w+)/m.exec(config)?.[1] ?? '';
  return createHash('sha256')
    .update(JSON.stringify([module.split(/\s*\n/).filter((line) => line.trim() !== ''), specification, parseConstants(config)]))
    .digest('hex');
}

/** The constants of a configuration file: numbers, and sets of model values. */
export function parseConstants(configText: string): Record<string, number | string[]> {
  const constants: Record<string, number | string[]> = {};
  for (const [, name = '', number, set] of configText.matchAll(/^\s+(\w+) = (?:(\d+)|\{([\w, ]*)\})\s*$/gm)) {
    constants[name] = number === undefined ? (set ?? '').split(',').map((element) => element.trim()) : Number(number);
  }
  return constants;
}

/** Brings TLC's dump into the form that is stored. Deterministic: the same dump gives the same graph. */
export function buildGraph(dump: StateGraph, about: Pick<Graph, 'module' | 'source' | 'checker' | 'constants'>): Graph {
  const variables = Object.keys(dump.states[0] ?? {}).sort();
  const positions = variables.map(() => new Map<string, number>());
  const states = dump.states.map((state) =>
    variables.map((name, variable) => {
      const value = state[name];
      return intern(positions[variable] ?? new Map(), value === undefined ? '' : printValue(value));
    }),
  );
  const all = [...dump.edges, ...dump.stuttering];
  const actions = [...new Set(all.map(({ action }) => action))].sort();
  const edges = all
    .map(({ from, to, action }) => ({ from, to, action: actions.indexOf(action) }))
    .sort((a, b) => a.from - b.from || a.action - b.action || a.to - b.to);
  return {
    ...about,
    actions,
    variables,
    values: positions.map((known) => [...known.keys()]),
    states,
    initial: dump.initial,
    edges,
  };
}

function intern(known: Map<string, number>, text: string): number {
  const position = known.get(text) ?? known.size;
  known.set(text, position);
  return position;
}
