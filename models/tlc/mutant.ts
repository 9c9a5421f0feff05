import { InvalidInputError } from '../../src/protocol/errors.ts';

/** One replacement of whole lines in one module. */
export interface MutantEdit {
  /** File name of the module, for example `TwoPhaseCommit.tla`. */
  readonly file: string;
  /** Lines that must occur, in this order and exactly, at exactly one place. */
  readonly find: readonly string[];
  readonly replace: readonly string[];
}

/** A deliberate bug: what it is in words, and the edits that make it. */
export interface MutantPatch {
  readonly description: string;
  readonly edits: readonly MutantEdit[];
}

/**
 * Parses a mutant file, a diff without line numbers:
 *
 * ```diff
 * # The coordinator forgets at the first acknowledgement.
 * --- TwoPhaseCommit.tla
 * @@
 *  ReceiveAck(t, r) ==
 * -    /\ acks[t] = Participants
 * +    /\ acks[t] # {}
 * ```
 *
 * Lines before the first `---` that begin with `#` are the description. `---` names the module, each `@@` begins a hunk.
 * @throws InvalidInputError with path and line.
 */
export function parseMutantPatch(text: string, path: string): MutantPatch {
  const description: string[] = [];
  const edits: { file: string; find: string[]; replace: string[] }[] = [];
  let file: string | undefined;
  let hunk: { file: string; find: string[]; replace: string[] } | undefined;
  const lines = text.replace(/\r\n/g, '\n').replace(/\n+$/, '').split('\n');
  for (const [index, line] of lines.entries()) {
    const fail = (why: string): never => {
      throw new InvalidInputError(`${path}:${index + 1}: ${why}`);
    };
    if (hunk === undefined && (line.startsWith('#') || line === '')) {
      if (file === undefined) description.push(line.replace(/^# ?/, ''));
    } else if (line.startsWith('--- ')) {
      file = line.slice(4).trim();
      hunk = undefined;
    } else if (line.startsWith('@@')) {
      hunk = { file: file ?? fail('a hunk needs a line "--- Module.tla" before it.'), find: [], replace: [] };
      edits.push(hunk);
    } else if (hunk === undefined) {
      fail('expected "# description", "--- Module.tla" or "@@".');
    } else if (line.startsWith('-')) {
      hunk.find.push(line.slice(1));
    } else if (line.startsWith('+')) {
      hunk.replace.push(line.slice(1));
    } else if (line.startsWith(' ') || line === '') {
      hunk.find.push(line.slice(1));
      hunk.replace.push(line.slice(1));
    } else {
      fail('a line of a hunk begins with "-", "+" or a space.');
    }
  }
  const idle = edits.find((edit) => edit.find.length === 0 || edit.find.join('\n') === edit.replace.join('\n'));
  if (edits.length === 0 || idle !== undefined)
    throw new InvalidInputError(`${path}: a hunk is missing, finds nothing or changes nothing.`);
  return { description: description.join('\n').trim(), edits };
}

/**
 * Applies one edit to the text of its module.
 * @throws InvalidInputError unless the lines to find occur exactly once: a mutant never silently stops applying.
 */
export function applyMutantEdit(source: string, edit: MutantEdit, path: string): string {
  const lines = source.replace(/\r\n/g, '\n').split('\n');
  const places: number[] = [];
  for (let start = 0; start + edit.find.length <= lines.length; start += 1) {
    if (edit.find.every((line, offset) => lines[start + offset] === line)) places.push(start);
  }
  const [place] = places;
  if (place === undefined || places.length > 1) {
    const how = place === undefined ? 'no longer there' : `there ${places.length} times (lines ${places.map((p) => p + 1).join(', ')})`;
    throw new InvalidInputError(
      `${path}: the lines that it replaces in ${edit.file} are ${how}; change the mutant so that they occur exactly once:\n${edit.find.join('\n')}`,
    );
  }
  return [...lines.slice(0, place), ...edit.replace, ...lines.slice(place + edit.find.length)].join('\n');
}
