/**
 * Commits one transaction across several stores, or rolls it back in all of them.
 *
 * @module crossbound
 */
export type * from './log/decision-log.ts';
export * from './log/file-decision-log.ts';
export * from './participants/in-memory.ts';
export { isRetryable } from './participants/is-retryable.ts';
export type { KeyValueHandle } from './participants/key-value/key-value-view.ts';
export * from './participants/postgresql.ts';
export * from './participants/userspace-journal.ts';
export type * from './protocol/environment.ts';
export * from './protocol/errors.ts';
export { decodeEvent, encodedEventBytes, encodeEvent, encodeEventInto, MAX_EVENT_BYTES } from './protocol/event-codec.ts';
export { EventEnvelope } from './protocol/event-envelope.ts';
export { EventJson, eventFromJson, eventToJson } from './protocol/event-json.ts';
export { EVENT_VERSION } from './protocol/event-version.ts';
export { compareHybridTimes, HybridTime, nextHybridTime } from './protocol/hybrid-time.ts';
export type { CoordinatorRecord, DecisionRecord, Idempotency, ParticipantRecord } from './protocol/log-record.ts';
export * from './protocol/recorded-run.ts';
export type { TraceEvent } from './protocol/trace-event.ts';
export { ClockEntry, VectorClock } from './protocol/vector-clock.ts';
export * from './runtime/close-report.ts';
export * from './runtime/create-crossbound.ts';
export type * from './runtime/crossbound.ts';
export { type EffectPoint, effectPoints } from './runtime/effect-points.ts';
export type { CrossboundHealth, ParticipantHealth } from './runtime/health.ts';
export { nodeEnvironment } from './runtime/node-environment.ts';
export type { Percentiles } from './runtime/node-histogram.ts';
export * from './runtime/node-trace-file.ts';
export type {
  CrossboundOptions,
  DegradationPolicy,
  HeartbeatOptions,
  Limits,
  RecoveryOptions,
  Timeouts,
  TransactionOptions,
  WhenDown,
  WorkOptions,
} from './runtime/options.ts';
export type * from './runtime/participant.ts';
export type { PresenceState } from './runtime/presence.ts';
export type { Outcome } from './runtime/recent-outcomes.ts';
export type { RollbackCause } from './runtime/rollback-cause.ts';
export type { CommitPhase, TransactionCounts } from './runtime/statistics.ts';
export type * from './runtime/transaction.ts';
