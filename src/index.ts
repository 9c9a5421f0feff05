/**
 * Commits one transaction across several stores, or rolls it back in all of them.
 *
 * @module crossbound
 */
export type * from './protocol/environment.ts';
export * from './protocol/errors.ts';
export type * from './runtime/participant.ts';
