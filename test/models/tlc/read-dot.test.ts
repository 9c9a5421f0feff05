// Method: a dump as TLC 2.18 writes it, kept here as text; a dump that TLC writes now is read in run-tlc.test.ts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStateGraph } from '../../../models/tlc/read-dot.ts';
import { printState } from '../../../models/tlc/tla-value.ts';

const dump = String.raw`strict digraph DiskGraph {
nodesep=0.35;
subgraph cluster_graph {
color="white";
-62 [label="/\\ s = \"a\\\"b\\\\c\"\n/\\ x = 0",style = filled]
-62 -> 47 [label="Step",color="black",fontcolor="black"];
47 [label="/\\ s = <<\"l\",\n  \"l\">>\n/\\ x = 1"];
-62 -> 47 [label="Step",color="black",fontcolor="black"];
-62 -> 47 [label="Leap",color="black",fontcolor="black"];
-62 -> -62 [style="dashed"];
47 -> 47 [label="Idle",color="black",fontcolor="black"];
47 -> -62 [label="Step",color="black",fontcolor="black"];
{rank = same; -62;}
{rank = same; 47;}
}
}
`;
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crossbound-dot-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function read(text: string): ReturnType<typeof readStateGraph> {
  const file = join(directory, 'graph.dot');
  await writeFile(file, text);
  return await readStateGraph(file);
}

test('states are parsed, numbered as found, a repeated edge is one edge, a step that changes nothing is kept apart', async () => {
  const graph = await read(dump);
  expect(graph.states.map(printState)).toEqual(['/\\ s = "a\\"b\\\\c"\n/\\ x = 0', '/\\ s = <<"l", "l">>\n/\\ x = 1']);
  expect(graph.initial).toEqual([0]);
  expect(graph.edges).toEqual([
    { from: 0, to: 1, action: 'Step' },
    { from: 0, to: 1, action: 'Leap' },
    { from: 1, to: 0, action: 'Step' },
  ]);
  expect(graph.stuttering).toEqual([{ from: 1, to: 1, action: 'Idle' }]);
});

test('a dump that is cut short is refused, wherever it was cut', async () => {
  const lines = dump.trimEnd().split('\n');
  for (let kept = 0; kept < lines.length - 2; kept += 1) {
    await expect(read(lines.slice(0, kept).join('\n')), `${kept} lines`).rejects.toThrow(/cut short/);
  }
});

test('a line that TLC does not write is refused with its number', async () => {
  await expect(read(dump.replace('nodesep=0.35;', 'nonsense'))).rejects.toThrow(/graph\.dot:2: not a line/);
});
