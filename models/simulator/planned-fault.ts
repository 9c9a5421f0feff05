/**
 * One fault at a place that is known beforehand: a list of them is a scenario that can be shrunk, one fault after the other.
 * Processes are counted: 0 is the coordinator's, 1 and up are those of the remote stores, in order; a number that is too large
 * starts again at 0. Messages of a link, flushes and effects are counted from 0.
 */
export type PlannedFault =
  | { readonly kind: 'lose' | 'duplicate' | 'delay'; readonly from: number; readonly to: number; readonly message: number }
  | { readonly kind: 'partition'; readonly from: number; readonly to: number; readonly atMs: number; readonly durationMs: number }
  | { readonly kind: 'crash'; readonly process: number; readonly atMs: number; readonly power: boolean }
  | { readonly kind: 'crashAtEffect'; readonly effect: number; readonly power: boolean }
  | { readonly kind: 'diskError'; readonly process: number; readonly operation: 'write' | 'sync'; readonly count: number }
  | { readonly kind: 'pause'; readonly process: number; readonly atMs: number; readonly durationMs: number }
  | { readonly kind: 'clock'; readonly process: number; readonly atMs: number; readonly jumpMs: number; readonly rate: number };
