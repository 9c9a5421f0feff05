import { readFile } from 'node:fs/promises';

/** What a TLC configuration file asks to be checked. The rest of it is TLC's affair. */
export interface ModelConfig {
  readonly invariants: readonly string[];
  readonly properties: readonly string[];
}

const keywords =
  'CONSTANTS?|CONSTRAINTS?|ACTION_CONSTRAINTS?|INVARIANTS?|PROPERT(?:Y|IES)|SYMMETRY|VIEW|INIT|NEXT|SPECIFICATION|CHECK_DEADLOCK|ALIAS|POSTCONDITION';
const section = new RegExp(`(?<![\\w"])(${keywords})(?![\\w"])([\\s\\S]*?)(?=(?<![\\w"])(?:${keywords})(?![\\w"])|$)`, 'g');

/** Reads a configuration file, see {@link parseModelConfig}. */
export async function readModelConfig(path: string): Promise<ModelConfig> {
  return parseModelConfig(await readFile(path, 'utf8'));
}

/** Finds the names under INVARIANT(S) and PROPERTY/PROPERTIES; comments are not read. */
export function parseModelConfig(text: string): ModelConfig {
  const invariants: string[] = [];
  const properties: string[] = [];
  for (const [, keyword = '', body = ''] of withoutComments(text).matchAll(section)) {
    const names = body.split(/[\s,]+/).filter((name) => name !== '');
    if (keyword.startsWith('INVARIANT')) invariants.push(...names);
    if (keyword.startsWith('PROPERT')) properties.push(...names);
  }
  return { invariants, properties };
}

/** The same configuration with other invariants and properties; everything else, comments apart, stays as it is. */
export function withOtherChecks(text: string, checks: ModelConfig): string {
  const kept = withoutComments(text)
    .replace(section, (whole, keyword: string) => (/^(INVARIANT|PROPERT)/.test(keyword) ? '' : whole))
    .trim();
  const lines = [kept, ...checks.invariants.map((name) => `INVARIANT ${name}`), ...checks.properties.map((name) => `PROPERTY ${name}`)];
  return `${lines.join('\n')}\n`;
}

function withoutComments(text: string): string {
  return text.replace(/\(\*[\s\S]*?\*\)/g, ' ').replace(/\\\*.*$/gm, '');
}
