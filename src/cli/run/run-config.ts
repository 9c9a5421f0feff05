import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { InvalidInputError } from '../../protocol/errors.ts';
import { DATABASES } from './run-workload.ts';

const connectionString = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
  .refine((text) => URL.canParse(text), 'is no URL: escape special characters in user and password, such as "@" as "%40"');
const schema = z.strictObject({ databases: z.strictObject(Object.fromEntries(DATABASES.map((name) => [name, connectionString]))) });

/**
 * Reads which databases of the user's a run is to use: `{"databases": {"bank_a": "postgres://...", "bank_b": "postgres://..."}}`.
 *
 * @throws InvalidInputError that names each field at fault.
 */
export async function readRunConfig(file: string): Promise<ReadonlyMap<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new InvalidInputError(`The configuration ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return new Map(Object.entries(parsed.data.databases));
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
  throw new InvalidInputError(
    `The configuration ${file} is not valid: ${problems.join('; ')}. It is {"databases": {"bank_a": "postgres://...", "bank_b": "postgres://..."}}.`,
    { cause: parsed.error },
  );
}
