import { z } from 'zod';

/** The branches of a script, each named for how far it goes. */
export const scriptBranches = ['commits', 'rolls-back', 'stays-prepared', 'stays-working'] as const;
export type ScriptBranch = (typeof scriptBranches)[number];

/** The keys that a branch writes; all of them, or none, are there in the end. */
export const scriptKeys: Readonly<Record<ScriptBranch, readonly string[]>> = {
  commits: ['a', 'b'],
  'rolls-back': ['c'],
  'stays-prepared': ['d', 'e'],
  'stays-working': ['f'],
};

/** One call of a participant. */
export type ScriptStep =
  | { readonly call: 'open' | 'inDoubt' | 'close' }
  | { readonly call: 'enlist' | 'prepare' | 'commit' | 'rollback'; readonly branch: ScriptBranch }
  | { readonly call: 'write'; readonly branch: ScriptBranch; readonly key: string };

/** The calls that a process makes, in this order, before it is killed at one of them. */
export const scripts = {
  /** Four branches, side by side, each left at another point. */
  work: [
    { call: 'open' },
    ...scriptBranches.map((branch) => ({ call: 'enlist', branch }) as const),
    ...scriptBranches.flatMap((branch) => scriptKeys[branch].map((key) => ({ call: 'write', branch, key }) as const)),
    { call: 'prepare', branch: 'commits' },
    { call: 'prepare', branch: 'rolls-back' },
    { call: 'prepare', branch: 'stays-prepared' },
    { call: 'commit', branch: 'commits' },
    { call: 'rollback', branch: 'rolls-back' },
    { call: 'inDoubt' },
    { call: 'close' },
  ],
  /** What was left prepared is found and ended, as a coordinator does at its start. */
  recovery: [
    { call: 'open' },
    { call: 'inDoubt' },
    { call: 'commit', branch: 'commits' },
    { call: 'rollback', branch: 'rolls-back' },
    { call: 'close' },
  ],
} as const satisfies Readonly<Record<string, readonly ScriptStep[]>>;
export type ScriptName = keyof typeof scripts;

/** `called`: the call was made, and has not had a moment; `under-way`: it has had `delayMs`; `answered`: it has resolved. */
export const killMoments = ['called', 'under-way', 'answered'] as const;
export type KillMoment = (typeof killMoments)[number];

/** Says which call a process is killed at. */
export function stepName(step: ScriptStep): string {
  const branch = 'branch' in step ? ` ${step.branch}` : '';
  return `${step.call}${branch}${step.call === 'write' ? ` ${step.key}` : ''}`;
}

export function scriptTransaction(branch: ScriptBranch): string {
  return `script-${branch}`;
}

/** The name of the transaction that one worker of a life under load begins as its `number`th. */
export function loadTransaction(worker: number, number: number): string {
  return `load-${worker}-${number}`;
}
export const LOAD_WORKERS = 4;
/** Both are written by each of a worker's transactions, with the same value. */
export function loadKeys(worker: number): readonly [string, string] {
  return [`left-${worker}`, `right-${worker}`];
}

/** What a process that is to be killed is told, as JSON in its first argument. */
export const CrashOrder = z.strictObject({
  module: z.string(),
  place: z.unknown(),
  coordinator: z.string(),
  /** For waits inside the participant, in milliseconds. */
  timeoutMs: z.int().min(1),
  work: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('script'),
      script: z.enum(['work', 'recovery']),
      killAt: z.strictObject({ step: z.string(), moment: z.enum(killMoments), delayMs: z.int().min(1).optional() }).optional(),
    }),
    z.strictObject({ kind: z.literal('load'), first: z.int().min(0) }),
  ]),
  /** Where flushes are recorded, in the directory `shadow`; with `killAt` the process dies just before that flush takes place. */
  flushes: z.strictObject({ directory: z.string(), shadow: z.string(), killAt: z.int().min(1).optional() }).optional(),
});
export type CrashOrder = z.infer<typeof CrashOrder>;
