import type { TlaState } from './tla-value.ts';

/** Which checker judged, precisely enough to repeat it. */
export interface CheckerIdentity {
  /** `tlc` is only ever Lamport's TLC, never the WebAssembly checker. */
  readonly kind: 'tlc' | 'wasm';
  /** For people: `TLC2 Version 2.18 of 20 March 2023`, `tla-checker 0.9.0 (WebAssembly)`. */
  readonly version: string;
  /** SHA-256 of the jar, in hexadecimal; absent for the WebAssembly checker. */
  readonly sha256?: string;
}

/** A place in a module. Lines and columns count from 1. */
export interface SpecLocation {
  readonly module: string;
  readonly line: number;
  readonly column: number;
}

/** One state of a behaviour and the step that led to it. */
export interface TraceStep {
  /** Counts from 1, as TLC does. */
  readonly number: number;
  /** `undefined` for an initial state. */
  readonly action: string | undefined;
  /** Where the action is; `undefined` for an initial state, and where the checker does not say. */
  readonly location: SpecLocation | undefined;
  readonly state: TlaState;
}

/** A behaviour that shows an error. */
export interface Trace {
  readonly steps: readonly TraceStep[];
  /**
   * How it goes on for ever, when a liveness property is at stake: nothing happens any more, or it returns to the step of
   * that number by that action.
   */
  readonly forever?:
    | { readonly kind: 'stuttering' }
    | { readonly kind: 'loop'; readonly backTo: number; readonly action: string | undefined };
}

/** What was found wrong with the specified system. `name` is `undefined` where the checker does not tell which of several. */
export interface ViolatedProperty {
  readonly kind: 'invariant' | 'step' | 'initial' | 'temporal';
  readonly name: string | undefined;
}

/** Why a configuration could not be judged. */
export type CheckProblem =
  | 'syntax'
  | 'semantics'
  | 'configuration'
  | 'evaluation'
  | 'unsupported'
  | 'disk-full'
  | 'out-of-memory'
  | 'crash';

/** What a run came to. */
export type Verdict =
  | { readonly kind: 'holds' }
  | { readonly kind: 'violation'; readonly property: ViolatedProperty; readonly trace: Trace }
  | { readonly kind: 'deadlock'; readonly trace: Trace }
  | {
      readonly kind: 'error';
      readonly problem: CheckProblem;
      readonly message: string;
      /** Where in the spec, outermost first. */
      readonly locations: readonly SpecLocation[];
      readonly trace: Trace;
    };

/** How often an action was taken: `distinct` counts the new states, `total` all. */
export interface ActionCount {
  readonly action: string;
  readonly location: SpecLocation;
  readonly distinct: number;
  readonly total: number;
}

/** The outcome of one run of one configuration. */
export interface CheckResult {
  readonly checker: CheckerIdentity;
  readonly verdict: Verdict;
  /** Absent where the run ended before there were any. The WebAssembly checker gives `distinct` only. */
  readonly generated: number | undefined;
  readonly distinct: number | undefined;
  readonly depth: number | undefined;
  /** Properties of the configuration on which this checker gave no judgement. */
  readonly unjudged: readonly string[];
  /** Every action, where coverage was asked for. */
  readonly actions: readonly ActionCount[] | undefined;
  readonly elapsedMs: number;
}

/** What is known while a check runs. */
export interface CheckProgress {
  readonly phase: 'starting' | 'searching' | 'liveness';
  readonly generated: number;
  readonly distinct: number;
  /** States found and not yet expanded. */
  readonly queue: number;
  readonly depth: number;
  /** States generated per second since the report before. */
  readonly ratePerSecond: number;
  readonly elapsedMs: number;
}
