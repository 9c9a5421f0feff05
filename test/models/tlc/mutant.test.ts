// Method: patches and modules as text; every way in which a patch can be wrong or stop applying.
import { expect, test } from 'vitest';
import { applyMutantEdit, parseMutantPatch } from '../../../models/tlc/mutant.ts';

const patch = `# The counter counts twice.
--- Counter.tla
@@
 Increment ==
-    /\\ n' = n + 1
+    /\\ n' = n + 2
`;
const source = `---- MODULE Counter ----\nIncrement ==\n    /\\ n' = n + 1\n====`;

test('a patch is its description and its edits', () => {
  expect(parseMutantPatch(patch, 'twice.diff')).toEqual({
    description: 'The counter counts twice.',
    edits: [{ file: 'Counter.tla', find: ['Increment ==', `    /\\ n' = n + 1`], replace: ['Increment ==', `    /\\ n' = n + 2`] }],
  });
});

test('an edit replaces the lines where they occur once', () => {
  const [edit] = parseMutantPatch(patch, 'twice.diff').edits;
  expect(edit && applyMutantEdit(source, edit, 'twice.diff')).toBe(source.replace('+ 1', '+ 2'));
});

test('an edit whose lines are gone, or there twice, is refused and never silently skipped', () => {
  const [edit] = parseMutantPatch(patch, 'twice.diff').edits;
  expect(() => edit && applyMutantEdit(source.replace('+ 1', '+ 3'), edit, 'twice.diff')).toThrow(/no longer there/);
  expect(() => edit && applyMutantEdit(`${source}\n${source}`, edit, 'twice.diff')).toThrow(/2 times \(lines 2, 6\)/);
});

test.each([
  ['nothing', '# only words'],
  ['a hunk without a module', '@@\n-x\n+y'],
  ['a hunk that changes nothing', '--- A.tla\n@@\n x'],
  ['a stray line', '--- A.tla\n@@\n-x\n+y\nz'],
])('a patch with %s is refused with its path', (_what, text) => {
  expect(() => parseMutantPatch(text, 'bad.diff')).toThrow(/^bad\.diff/);
});
