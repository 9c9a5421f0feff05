import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as checker from 'tla-checker';
import { z } from 'zod';

const require = createRequire(import.meta.url);
const home = dirname(require.resolve('tla-checker'));
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')));
checker.initSync({ module: readFileSync(join(home, 'tla_checker_bg.wasm')) });

/** For people; it is not TLC and is never called so. */
export const wasmVersion = `tla-checker ${version} (WebAssembly)`;

const checkResult = z.object({
  success: z.boolean(),
  error_type: z.string().nullable(),
  error_message: z.string().nullable(),
  states_explored: z.number(),
  trace: z.array(z.string()).nullable(),
});
export type WasmCheck = z.infer<typeof checkResult>;

const state = z.object({ json: z.record(z.string(), z.json()) });
const failed = z.object({ ok: z.literal(false), error: z.string() });
const initialStates = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), vars: z.array(z.string()), states: z.array(state) }),
  failed,
]);
const transitions = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), transitions: z.array(z.object({ action: z.string().nullable(), state })) }),
  failed,
]);
const invariants = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    invariants: z.array(z.object({ name: z.string(), holds: z.boolean().optional(), error: z.string().optional() })),
  }),
  failed,
]);

/** Checks a whole model; returns when done. Without limits of our own it would stop at a million states or depth 100. */
export function wasmCheck(source: string, config: string): WasmCheck {
  const options = { cfg_source: config, max_states: 4_000_000_000, max_depth: 4_000_000_000 };
  return checkResult.parse(JSON.parse(checker.check_spec_with_options(source, JSON.stringify(options))));
}

export function wasmInitialStates(source: string, config: string): z.infer<typeof initialStates> {
  return initialStates.parse(JSON.parse(checker.explore_init(source, config, '{}')));
}

/** @param json a state in the checker's form; a variable that is missing would silently be FALSE */
export function wasmSuccessors(source: string, config: string, json: string): z.infer<typeof transitions> {
  return transitions.parse(JSON.parse(checker.explore_next(source, config, '{}', json)));
}

export function wasmInvariants(source: string, config: string, json: string): z.infer<typeof invariants> {
  return invariants.parse(JSON.parse(checker.explore_invariants(source, config, '{}', json)));
}
