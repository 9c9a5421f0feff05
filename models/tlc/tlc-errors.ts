import type { CheckProblem, SpecLocation } from './check-result.ts';

/** True where Java or TLC reports that a file could not grow. */
export function saysDiskFull(text: string): boolean {
  return /No space left on device|There is not enough space on the disk|Disk quota exceeded/.test(text);
}

/** True where the JVM ran out of heap or could not get it in the first place. */
export function saysOutOfMemory(text: string): boolean {
  return /OutOfMemoryError|Java heap space|Could not reserve enough space|insufficient memory for the Java Runtime|GC overhead limit/.test(
    text,
  );
}

/**
 * Finds in SANY's output what is wrong and where: parse errors (`Encountered "x" at line 14, column 14`) say the module in
 * the line after the abort, semantic ones (`line 16, col 12 to ... of module M`) beside it.
 */
export function syntaxError(lines: readonly string[]): { problem: CheckProblem; message: string; locations: SpecLocation[] } {
  const text = lines.join('\n');
  const parse = /\*\*\*Parse Error\*\*\*\s*([\s\S]*?)\n\s*\n?Residual stack trace/.exec(text);
  if (parse !== null) {
    const message = (parse[1] ?? '').replace(/\s+/g, ' ').trim();
    const module = /Could not parse module (\w+)/.exec(text)?.[1] ?? /in file (\w+)/.exec(text)?.[1] ?? 'unknown';
    const [, line, column] = /line (\d+), col(?:umn)? (\d+)/.exec(message) ?? [];
    const locations = line === undefined ? [] : [{ module, line: Number(line), column: Number(column) }];
    return { problem: 'syntax', message, locations };
  }
  const errors = [...text.matchAll(/^line (\d+), col (\d+) to line \d+, col \d+ of module (\w+)\s*\n\s*\n?(.+)/gm)];
  const seen = new Map(
    errors.map(([, line, column, module = '', message = '']) => [
      `${module}:${line}:${column} ${message}`,
      { module, line: Number(line), column: Number(column), message },
    ]),
  );
  if (seen.size > 0) {
    const found = [...seen.values()];
    return {
      problem: 'semantics',
      message: found.map(({ message }) => message.trim()).join('\n'),
      locations: found.map(({ module, line, column }) => ({ module, line, column })),
    };
  }
  const missing = /Cannot find source file for module (\w+)[^\n]*/.exec(text)?.[0];
  const rest = text.split('\n').filter((line) => line.trim() !== '' && !/^(Parsing file|Semantic processing)/.test(line));
  return { problem: 'semantics', message: missing ?? rest.slice(0, 10).join('\n'), locations: [] };
}
