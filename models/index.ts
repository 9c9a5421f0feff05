/**
 * The bridge between the TLA+ specs and the code: TLC's state graphs and their replay, recorded runs and their validation,
 * TLC itself; the simulator, in which the real runtime meets faults that a seed decides; and the conformance suite that a
 * participant of your own must pass. For testing Crossbound, and code of your own, against the same models.
 *
 * @module crossbound/testing
 */

export type { DecodedDecisionLog } from '../src/log/decode-decision-log.ts';
export type { Writes } from '../src/participants/key-value/key-value-view.ts';
export type { DecodedJournal, PreparedBranch } from '../src/participants/key-value/recover-journal.ts';
export type { ConformanceGroup, Guarantee } from './conformance/conformance-check.ts';
export { describeParticipantConformance, type TestRunner } from './conformance/describe-conformance.ts';
export {
  type ConformanceLimits,
  defineParticipantFixture,
  type HandleOf,
  type ParticipantFixture,
} from './conformance/participant-fixture.ts';
export {
  type CheckOutcome,
  type ConformanceOptions,
  type ConformanceReport,
  type ConformanceResult,
  isConformant,
  runParticipantConformance,
} from './conformance/run-conformance.ts';
export type { Graph, GraphEdge } from './graph/graph-file.ts';
export { type FaultRates, noFaults } from './simulator/fault-rates.ts';
export type { PlannedFault } from './simulator/planned-fault.ts';
export { type SimulationOptions, type SimulationResult, simulate } from './simulator/simulation.ts';
export { type SimulationMutant, simulationMutants } from './simulator/simulation-mutants.ts';
export { journalStore, type SimulatedStore, type SimulationParts } from './simulator/simulation-parts.ts';
export type { SimulationCounts, SimulationStatistics } from './simulator/statistics.ts';
export type { Violation } from './simulator/violation.ts';
export * from './tlc/check-result.ts';
export * from './tlc/checker-error.ts';
export { findJava, type Java } from './tlc/find-java.ts';
export { type FindTlcOptions, findTlc } from './tlc/find-tlc.ts';
export type { LiveProgress } from './tlc/live-progress.ts';
export { parseValue, StateParser } from './tlc/parse-tla-value.ts';
export { readStateGraph, type StateGraph, type StateGraphEdge } from './tlc/read-dot.ts';
export { runTlc, type TlcRun } from './tlc/run-tlc.ts';
export * from './tlc/tla-value.ts';
export type { TlcJar, TlcRelease } from './tlc/tlc-jar.ts';
export { checkWithWasm, type WasmRun } from './tlc/wasm-checker.ts';
export { SpecStepper, type Successor } from './tlc/wasm-stepper.ts';
export * from './trace/project-traces.ts';
export type { TraceCheckOptions } from './trace/run-traces.ts';
export * from './trace/tamper.ts';
export * from './trace/validate-trace.ts';
export { codeMutants } from './two-phase-commit/code-mutants.ts';
export { type Implementation, production } from './two-phase-commit/implementation.ts';
export { optionsCodeMutants } from './two-phase-commit/options-code-mutants.ts';
export * from './two-phase-commit/replay-edges.ts';
export type { CodeMutant } from './two-phase-commit/rewired.ts';
export { type ReplayedConfiguration, replayedConfigurations, storedGraph } from './two-phase-commit/stored-graphs.ts';
export { type ActionClass, optionsVocabulary, type Vocabulary, vocabulary } from './two-phase-commit/vocabulary.ts';
