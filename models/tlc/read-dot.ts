import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import { StateParser } from './parse-tla-value.ts';
import type { TlaState } from './tla-value.ts';

/** One step of the spec: positions in {@link StateGraph.states} and the action's name (without its parameters). */
export interface StateGraphEdge {
  readonly from: number;
  readonly to: number;
  readonly action: string;
}

/** Everything that TLC reached. */
export interface StateGraph {
  readonly states: readonly TlaState[];
  /** Positions of the initial states. */
  readonly initial: readonly number[];
  /** Each distinct (from, to, action) once, but for those that change nothing. */
  readonly edges: readonly StateGraphEdge[];
  /** Each distinct action that may be taken in a state without changing it: `from` and `to` are the same. */
  readonly stuttering: readonly StateGraphEdge[];
}

const stateLine = /^(-?\d+) \[label="((?:[^"\\]|\\.)*)"(,style = filled)?\];?$/;
const edgeLine = /^(-?\d+) -> (-?\d+) \[(?:label="((?:[^"\\]|\\.)*)",color=[^\]]*|style="dashed")\];?$/;
const frameLine = /^(?:strict digraph .*\{|subgraph .*\{|nodesep=.*|color=.*|\{rank = .*|\}|)$/;

/**
 * Reads the file that TLC writes for `-dump dot,actionlabels`, line by line. States are numbered in the order in which
 * TLC found them. Dashed self-loops, which TLC adds to every state where it checks a PROPERTY, are no actions and left out.
 * @throws InvalidInputError on a line that TLC does not write, or a dump that is cut short.
 */
export async function readStateGraph(dotFile: string): Promise<StateGraph> {
  const builder = new GraphBuilder();
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(dotFile, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (!builder.accept(line)) throw new InvalidInputError(`${dotFile}:${number}: not a line of TLC's state graph: ${line.slice(0, 120)}`);
  }
  return builder.finish(dotFile);
}

class GraphBuilder {
  readonly #parser = new StateParser();
  readonly #positions = new Map<string, number>();
  readonly #states: (TlaState | undefined)[] = [];
  readonly #initial: number[] = [];
  readonly #edges = new Map<string, StateGraphEdge>();
  #closed = false;

  accept(line: string): boolean {
    const edge = edgeLine.exec(line);
    if (edge !== null) {
      const [, from = '', to = '', action] = edge;
      if (action !== undefined) this.#addEdge(this.#position(from), this.#position(to), action);
      return true;
    }
    const state = stateLine.exec(line);
    if (state !== null) {
      const [, fingerprint = '', label = '', filled] = state;
      const position = this.#position(fingerprint);
      this.#states[position] ??= this.#parser.parse(unescapeLabel(label));
      if (filled !== undefined) this.#initial.push(position);
      return true;
    }
    this.#closed = line === '}';
    return frameLine.test(line);
  }

  finish(dotFile: string): StateGraph {
    const states = this.#states.filter((state) => state !== undefined);
    if (!this.#closed || states.length < this.#states.length) {
      throw new InvalidInputError(`${dotFile} is cut short; look for a full disk and run TLC again.`);
    }
    const edges = [...this.#edges.values()];
    return {
      states,
      initial: this.#initial,
      edges: edges.filter(({ from, to }) => from !== to),
      stuttering: edges.filter(({ from, to }) => from === to),
    };
  }

  #position(fingerprint: string): number {
    const known = this.#positions.get(fingerprint);
    if (known !== undefined) return known;
    const position = this.#states.push(undefined) - 1;
    this.#positions.set(fingerprint, position);
    return position;
  }

  #addEdge(from: number, to: number, action: string): void {
    const key = `${from} ${to} ${action}`;
    if (!this.#edges.has(key)) this.#edges.set(key, { from, to, action });
  }
}

/** Undoes the escapes of a DOT label: line feeds, quotes and backslashes. */
function unescapeLabel(label: string): string {
  return label.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
