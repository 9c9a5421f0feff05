import type { CheckProgress, CheckResult } from './check-result.ts';
import type { Java } from './find-java.ts';
import type { LiveProgress } from './live-progress.ts';
import { readModelConfig } from './model-config.ts';
import { runTlc } from './run-tlc.ts';
import { type PreparedCheck, prepareCheck, prepareWithChecks, type SpecCheck } from './spec-check.ts';
import type { TlcJar } from './tlc-jar.ts';
import { checkWithWasm } from './wasm-checker.ts';

/** A checker, found and ready. */
export type Checker =
  | { readonly kind: 'tlc'; readonly java: Java; readonly jar: TlcJar; readonly live?: LiveProgress | undefined }
  | { readonly kind: 'wasm' };

/** How to run a check. */
export interface SpecCheckOptions {
  /** TLC's worker threads. */
  readonly workers: number;
  readonly heapMebibytes?: number | undefined;
  /** Called with each report of the checker. */
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Why a checker is not asked, or `undefined`: tla-checker judges invariants and deadlocks only. */
export async function reasonToSkip(check: SpecCheck, checker: Checker['kind']): Promise<string | undefined> {
  if (checker === 'tlc') return undefined;
  if (check.kind === 'configuration') {
    const wasm = check.configuration?.wasm ?? true;
    return wasm === true ? undefined : wasm.reason;
  }
  if (check.kind === 'situation' || check.mutant.rejectedBy === 'deadlock') return undefined;
  const { properties } = await readModelConfig(check.config);
  return properties.includes(check.mutant.rejectedBy)
    ? `${check.mutant.rejectedBy} is a temporal property, which only TLC judges`
    : undefined;
}

/**
 * Runs one check of a manifest with one checker. Where TLC finds that one of several properties is violated and does not
 * say which, each is checked alone to learn its name.
 */
export async function runSpecCheck(check: SpecCheck, checker: Checker, options: SpecCheckOptions): Promise<CheckResult> {
  await using prepared = await prepareCheck(check);
  if (checker.kind === 'wasm') return await checkWithWasm({ ...prepared, signal: options.signal });
  const result = await runWithTlc(check, prepared, checker, options);
  if (result.verdict.kind !== 'violation' || result.verdict.property.name !== undefined) return result;
  const name = await violatedProperty(check, prepared, checker, options);
  return { ...result, verdict: { ...result.verdict, property: { ...result.verdict.property, name } } };
}

async function runWithTlc(
  check: SpecCheck,
  { module, config }: PreparedCheck,
  { java, jar, live }: Extract<Checker, { kind: 'tlc' }>,
  options: SpecCheckOptions,
): Promise<CheckResult> {
  const configuration = check.kind === 'configuration' ? check.configuration : undefined;
  const coverage = configuration?.expect.result === 'holds' && configuration.expect.neverTaken !== undefined;
  return await runTlc({ java, jar, live, module, config, fingerprint: configuration?.fingerprint ?? 0, coverage, ...options });
}

async function violatedProperty(
  check: SpecCheck,
  { config }: PreparedCheck,
  checker: Extract<Checker, { kind: 'tlc' }>,
  options: SpecCheckOptions,
): Promise<string | undefined> {
  if (check.kind !== 'configuration') return undefined;
  const { properties } = await readModelConfig(config);
  for (const property of properties) {
    await using alone = await prepareWithChecks(check, { invariants: [], properties: [property] });
    const { verdict } = await runWithTlc(check, alone, checker, options);
    if (verdict.kind === 'violation') return property;
  }
  return undefined;
}
