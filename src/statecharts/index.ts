/**
 * The statecharts of the protocol, usable alone: pure machines whose events have the names of the spec's actions.
 *
 * @module crossbound/statecharts
 */
export * from './coordinator.ts';
export * from './export.ts';
export * from './failure-detector.ts';
export * from './participant.ts';
export * from './recover.ts';
export * from './step.ts';
