import { z } from 'zod';
import type { DecisionLog } from '../log/decision-log.ts';
import type { Environment } from '../protocol/environment.ts';
import { InvalidInputError } from '../protocol/errors.ts';
import { CoordinatorName, IdempotencyKey, ParticipantName } from '../protocol/identifiers.ts';
import type { TraceRecord } from '../protocol/recorded-run.ts';
import type { EffectPoint } from './effect-points.ts';
import type { Participant } from './participant.ts';

/** Every wait has an end. All in milliseconds. */
export interface Timeouts {
  /** From `begin` until everyone was asked to prepare; then the transaction is rolled back. Default 30,000. */
  readonly transactionMs: number;
  /** Passed to each participant as the bound for a single wait, such as a lock. Default 5,000. */
  readonly lockMs: number;
  /** For all votes; then the transaction is rolled back. Default 10,000. */
  readonly prepareMs: number;
  /** For the decision to become durable; then the client is told `IN_DOUBT`, and the decision goes on. Default 10,000. */
  readonly decisionMs: number;
  /** For one attempt to commit, roll back or ask a participant, before it counts as failed and is repeated. Default 15,000. */
  readonly attemptMs: number;
  /** How long the client, once the outcome is known, waits for every participant to show it; then it is told all the same. Default 5,000. */
  readonly settleMs: number;
  /** For the participants to open and say what is in doubt, at start. Default 30,000. */
  readonly openMs: number;
  /** For what earlier incarnations left in doubt to end; then `recovered` rejects, and recovery goes on. Default 60,000. */
  readonly recoveryMs: number;
  /** For `close` to wait for what is under way; then it is rolled back, or left to recovery. Default 10,000. */
  readonly closeMs: number;
}

/** Bounds on what is held in memory. */
export interface Limits {
  /** Transactions between `begin` and the last acknowledgement. Default 1,000. */
  readonly maxActive: number;
  /** Calls of `begin` that wait for one of them to end; more are refused with `OVERLOADED`. Default 10,000. */
  readonly maxQueued: number;
  /** Outcomes of finished transactions that `outcome` still knows. Default 100,000. */
  readonly recentOutcomes: number;
  /** Committed idempotency keys that are remembered, also over a restart; of more, the oldest commit goes first. Default 10,000. */
  readonly idempotencyKeys: number;
  /** What `work` returns under an idempotency key, as JSON in UTF-8, in bytes. Default 8,192. */
  readonly idempotentResultBytes: number;
}

/** The configuration of a transaction manager. */
export interface CrossboundOptions {
  /**
   * Names this manager in every store: 1 to 48 letters, digits, `_`, `.` or `-`. Keep it for ever: under another name its
   * prepared branches would not be found again, so a log of another name is refused (`LOG_OF_ANOTHER_COORDINATOR`).
   */
  readonly name: string;
  /** Where the decision log is kept; created where missing. Give this or `log`. */
  readonly directory?: string | undefined;
  /** A decision log of your own. Give this or `directory`. */
  readonly log?: DecisionLog | undefined;
  /** The stores, each under a name of its own. */
  readonly participants: readonly Participant[];
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Whether `createCrossbound` waits until nothing of earlier incarnations is in doubt. Default false: see `recovered`. */
  readonly waitForRecovery?: boolean | undefined;
  /** Time, timers, randomness and files. Default: those of this process. */
  readonly environment?: Environment | undefined;
  /** Told each step before its effects happen, in the spec's names. Must return at once; what it throws is an uncaught exception. */
  readonly onTrace?: ((record: TraceRecord) => void) | undefined;
  /** Told each effect before and after; for tests that interrupt a run there. Must return at once; what it throws is an uncaught exception. */
  readonly onEffect?: ((point: EffectPoint) => void) | undefined;
}

/** Options of one transaction. */
export interface TransactionOptions {
  /** Instead of `timeouts.transactionMs`. */
  readonly timeoutMs?: number | undefined;
  /** Rolls the transaction back when it aborts, unless the decision has been made. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of work that is run in a transaction. */
export interface WorkOptions extends TransactionOptions {
  /**
   * Names the work, in 1 to 200 characters, so that it is done once however often it is asked for, also after a crash: see
   * `Crossbound.transaction`. Put into it all that makes the work what it is, such as the identifier of an order.
   */
  readonly idempotencyKey?: string | undefined;
}

/** The largest delay that a timer takes, some 24 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;
const MAX_COUNT = 1_000_000;

const milliseconds = z
  .int({ error: (issue) => `expected a positive integer (milliseconds), got ${shown(issue.input)}` })
  .min(1, { error: (issue) => `expected a positive integer (milliseconds), got ${shown(issue.input)}` })
  .max(MAX_DELAY_MS, { error: (issue) => `expected at most ${MAX_DELAY_MS} milliseconds, got ${shown(issue.input)}` });

const count = (min: number) =>
  z
    .int({ error: (issue) => `expected an integer from ${min} to ${MAX_COUNT}, got ${shown(issue.input)}` })
    .min(min, { error: (issue) => `expected an integer from ${min} to ${MAX_COUNT}, got ${shown(issue.input)}` })
    .max(MAX_COUNT, { error: (issue) => `expected an integer from ${min} to ${MAX_COUNT}, got ${shown(issue.input)}` });

const timeouts = z.strictObject({
  transactionMs: milliseconds.default(30_000),
  lockMs: milliseconds.default(5_000),
  prepareMs: milliseconds.default(10_000),
  decisionMs: milliseconds.default(10_000),
  attemptMs: milliseconds.default(15_000),
  settleMs: milliseconds.default(5_000),
  openMs: milliseconds.default(30_000),
  recoveryMs: milliseconds.default(60_000),
  closeMs: milliseconds.default(10_000),
} satisfies Record<keyof Timeouts, z.ZodType>);

const limits = z.strictObject({
  maxActive: count(1).default(1_000),
  maxQueued: count(0).default(10_000),
  recentOutcomes: count(1).default(100_000),
  idempotencyKeys: count(1).default(10_000),
  idempotentResultBytes: count(1).default(8_192),
} satisfies Record<keyof Limits, z.ZodType>);

const METHODS = ['open', 'enlist', 'prepare', 'commit', 'rollback', 'inDoubt', 'close'] as const satisfies readonly (keyof Participant)[];

const participant = z.custom<Participant>().superRefine((value, context) => {
  const missing = typeof value === 'object' && value !== null ? METHODS.filter((name) => typeof value[name] !== 'function') : METHODS;
  if (missing.length > 0) {
    context.addIssue(`expected a participant, which has the methods ${METHODS.join(', ')}; missing: ${missing.join(', ')}`);
    return;
  }
  const name = ParticipantName.safeParse(value.name);
  if (!name.success) context.addIssue(`its name ${shown(value.name)} ${name.error.issues[0]?.message ?? 'is not valid'}`);
});

const participants = z.array(participant, { error: 'expected a list of participants' }).superRefine((list, context) => {
  const names = list.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) context.addIssue(`two participants have the name "${twice}"; give each its own`);
});

const has = (...methods: string[]) => {
  const hasAll = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && methods.every((name) => typeof Reflect.get(value, name) === 'function');
  return { hasAll, error: `expected an object with the methods ${methods.join(', ')}` };
};
const logShape = has('open', 'append', 'close');
const environmentShape = has('now', 'setTimer', 'randomBytes');
const filesShape = has('makeDirectory', 'open', 'lock');
const isEnvironment = (value: unknown): boolean => environmentShape.hasAll(value) && filesShape.hasAll(Reflect.get(Object(value), 'files'));
const isFunction = (value: unknown): boolean => typeof value === 'function';

const schema = z
  .strictObject({
    name: CoordinatorName,
    directory: z
      .string({ error: 'expected a path' })
      .min(1, { error: 'expected a path, got an empty text' })
      .refine((path) => !path.includes('\0'), { error: 'expected a path, got one with a NUL in it' })
      .optional(),
    log: z.custom<DecisionLog>(logShape.hasAll, { error: logShape.error }).optional(),
    participants,
    timeouts: timeouts.prefault({}),
    limits: limits.prefault({}),
    waitForRecovery: z.boolean({ error: 'expected true or false' }).default(false),
    environment: z
      .custom<Environment>(isEnvironment, { error: `${environmentShape.error}, and files with makeDirectory, open and lock` })
      .optional(),
    onTrace: z.custom<NonNullable<CrossboundOptions['onTrace']>>(isFunction, { error: 'expected a function' }).optional(),
    onEffect: z.custom<NonNullable<CrossboundOptions['onEffect']>>(isFunction, { error: 'expected a function' }).optional(),
  })
  .refine(({ directory, log }) => (directory === undefined) !== (log === undefined), {
    path: ['directory'],
    error: 'give either directory, where the decision log is kept, or log, a decision log of your own',
  });

const transactionSchema = z.strictObject({
  timeoutMs: milliseconds.optional(),
  signal: z.instanceof(AbortSignal, { error: 'expected an AbortSignal' }).optional(),
});

const workSchema = transactionSchema.extend({ idempotencyKey: IdempotencyKey.optional() });

/** The configuration with every default filled in. */
export type Configuration = z.output<typeof schema>;

/** @throws InvalidInputError that names each field at fault. */
export function parseConfiguration(options: CrossboundOptions): Configuration {
  return parse(schema, options, 'createCrossbound cannot use these options');
}

/** @throws InvalidInputError that names each field at fault. */
export function parseTransactionOptions(options: TransactionOptions): z.output<typeof transactionSchema> {
  return parse(transactionSchema, options, 'A transaction cannot use these options');
}

/** @throws InvalidInputError that names each field at fault. */
export function parseWorkOptions(options: WorkOptions): z.output<typeof workSchema> {
  return parse(workSchema, options, 'A transaction cannot use these options');
}

function parse<Schema extends z.ZodType>(against: Schema, value: unknown, title: string): z.output<Schema> {
  const parsed = against.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${[...issue.path, key].join('.')}: there is no such option`).join('; ');
    }
    return `${issue.path.join('.') || 'options'}: ${issue.message}`;
  });
  throw new InvalidInputError(`${title}: ${lines.join('; ')}.`, { cause: parsed.error });
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
