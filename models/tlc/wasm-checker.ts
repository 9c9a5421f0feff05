import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CheckProblem, CheckResult, SpecLocation, TraceStep, Verdict } from './check-result.ts';
import { type InlinedModel, inlineModules } from './inline-modules.ts';
import { StateParser } from './parse-tla-value.ts';
import { printState } from './tla-value.ts';
import { type WasmCheck, wasmInitialStates, wasmSuccessors, wasmVersion } from './wasm-engine.ts';
import { stateFromWasm, stateToWasm } from './wasm-value.ts';

/** One run of the WebAssembly checker. */
export interface WasmRun {
  /** The root module's file; modules that it extends are looked for beside it. */
  readonly module: string;
  readonly config: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks the invariants and deadlock freedom of one configuration with tla-checker, in a thread of its own. It judges no
 * PROPERTY: these are listed as `unjudged`. It counts distinct states only.
 * @throws the abort reason; InvalidInputError where the modules cannot be put together.
 */
export async function checkWithWasm(run: WasmRun): Promise<CheckResult> {
  const startedMs = performance.now();
  run.signal?.throwIfAborted();
  const model = await inlineModules(run.module, run.config);
  const answer = await checkInThread(model, run.signal);
  const verdict = toVerdict(answer, model);
  const complete = verdict.kind === 'holds';
  return {
    checker: { kind: 'wasm', version: wasmVersion },
    verdict,
    generated: undefined,
    distinct: complete || verdict.kind === 'violation' ? answer.states_explored : undefined,
    depth: undefined,
    unjudged: model.unjudged,
    actions: undefined,
    elapsedMs: performance.now() - startedMs,
  };
}

async function checkInThread({ source, config }: InlinedModel, signal: AbortSignal | undefined): Promise<WasmCheck> {
  const worker = new Worker(new URL(`./wasm-worker${extname(import.meta.url)}`, import.meta.url), { workerData: { source, config } });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<WasmCheck>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(signal?.reason ?? new Error('The checker thread ended without a result.')));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** tla-checker's kinds of failure, apart from those that are findings. */
const problems: Readonly<Record<string, CheckProblem>> = {
  ParseError: 'syntax',
  ConfigError: 'configuration',
  MissingConstants: 'configuration',
  OptionsError: 'configuration',
  InitError: 'evaluation',
  NextError: 'evaluation',
  InvariantError: 'evaluation',
  AssumeViolation: 'evaluation',
  AssumeError: 'evaluation',
  NoInitialStates: 'evaluation',
};

function toVerdict(answer: WasmCheck, model: InlinedModel): Verdict {
  if (answer.success) return { kind: 'holds' };
  const message = answer.error_message ?? 'no message';
  const steps = readSteps(answer.trace?.[0] ?? '', model);
  switch (answer.error_type) {
    case 'InvariantViolation': {
      const index = Number(/Invariant (\d+) violated/.exec(message)?.[1]);
      return { kind: 'violation', property: { kind: 'invariant', name: model.invariants[index] }, trace: { steps } };
    }
    case 'Deadlock':
      return { kind: 'deadlock', trace: { steps } };
    case 'ParseError':
      return { kind: 'error', problem: 'syntax', ...parseFailure(message, model), trace: { steps } };
    default:
  }
  if (/not found in spec|undefined variable/.test(message)) {
    const unread = [...model.definitions].find(([name]) => !isKnown(name, model));
    if (unread !== undefined) return unreadable(...unread);
  }
  return { kind: 'error', problem: problems[answer.error_type ?? ''] ?? 'crash', message, locations: [], trace: { steps } };
}

/** tla-checker leaves out a definition that it does not understand, and says only that the name is missing where it is used. */
function isKnown(name: string, model: InlinedModel): boolean {
  const settings = model.config.replace(/^\s*(INVARIANT|SPECIFICATION|INIT|NEXT)\b.*$/gm, '');
  const answer = wasmInitialStates(model.source, `${settings}\nINVARIANT ${name}\n`);
  return answer.ok || !answer.error.includes(`'${name}' not found`);
}

function unreadable(name: string, place: SpecLocation): Verdict {
  const message = `tla-checker cannot read the definition of ${name}: check it with TLC, which also tells whether it is an error.`;
  return { kind: 'error', problem: 'unsupported', message, locations: [place], trace: { steps: [] } };
}

function parseFailure(message: string, model: InlinedModel): { message: string; locations: SpecLocation[] } {
  const [, what = message, start] = /message: "((?:[^"\\]|\\.)*)", span: Some\(Span \{ start: (\d+)/.exec(message) ?? [];
  if (start === undefined) return { message: what, locations: [] };
  const before = Buffer.from(model.source).subarray(0, Number(start)).toString('utf8').split('\n');
  const place = model.place(before.length);
  return { message: what, locations: place === undefined ? [] : [{ ...place, column: (before.at(-1)?.length ?? 0) + 1 }] };
}

/** The trace is text without actions; they are found by stepping again from each state. */
function readSteps(text: string, model: InlinedModel): TraceStep[] {
  const parser = new StateParser();
  const steps: TraceStep[] = [];
  for (const block of text.split(/^State \d+$/m).slice(1)) {
    const state = parser.parse(block.trim().replace(/^\s*(?=\w+ = )/gm, '/\\ '));
    const before = steps.at(-1)?.state;
    const action = before === undefined ? undefined : actionBetween(stateToWasm(before), printState(state), model);
    const location = action === undefined ? undefined : model.definitions.get(action);
    steps.push({ number: steps.length + 1, action, location, state });
  }
  return steps;
}

function actionBetween(before: string, after: string, model: InlinedModel): string | undefined {
  const answer = wasmSuccessors(model.source, model.config, before);
  const step = answer.ok ? answer.transitions.find(({ state }) => printState(stateFromWasm(state.json)) === after) : undefined;
  return step?.action ?? undefined;
}
