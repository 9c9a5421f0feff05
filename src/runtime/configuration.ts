import { z } from 'zod';
import type { DecisionLog } from '../log/decision-log.ts';
import type { Environment } from '../protocol/environment.ts';
import { InvalidInputError } from '../protocol/errors.ts';
import { CoordinatorName, IdempotencyKey, ParticipantName } from '../protocol/identifiers.ts';
import type { CrossboundOptions, HeartbeatOptions, Limits, RecoveryOptions, Timeouts, TransactionOptions, WorkOptions } from './options.ts';
import type { Participant } from './participant.ts';

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
  abandonMs: milliseconds.default(60_000),
  closeMs: milliseconds.default(20_000),
} satisfies Record<keyof Timeouts, z.ZodType>);

const limits = z.strictObject({
  maxActive: count(1).default(1_000),
  maxQueued: count(0).default(10_000),
  recentOutcomes: count(1).default(100_000),
  idempotencyKeys: count(1).default(10_000),
  idempotentResultBytes: count(1).default(8_192),
} satisfies Record<keyof Limits, z.ZodType>);

/** What may be switched off. Not a union, whose issues would not name the field. */
const orFalse = <Schema extends z.ZodType>(schema: Schema) =>
  z.unknown().transform((value, context): z.output<Schema> | false => {
    if (value === false) return false;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { field, message } of faultsOf(parsed.error)) context.addIssue({ code: 'custom', path: field, message });
    return z.NEVER;
  });

const heartbeat = z.strictObject({
  intervalMs: milliseconds.default(5_000),
  timeoutMs: milliseconds.default(2_000),
  misses: count(1).default(2),
} satisfies Record<keyof HeartbeatOptions, z.ZodType>);

const POLICIES = ['refuse', 'queue', 'optional'] as const;
const policy = z.discriminatedUnion(
  'policy',
  [
    z.strictObject({ policy: z.literal('refuse') }),
    z.strictObject({ policy: z.literal('queue'), maxQueued: count(1).default(100), queueMs: milliseconds.default(5_000) }),
    z.strictObject({ policy: z.literal('optional') }),
  ],
  { error: `expected 'refuse', 'queue' or 'optional', or an object with one of them as its policy` },
);
const whenDown = z.record(
  z.string(),
  z.preprocess((value) => (POLICIES.some((name) => name === value) ? { policy: value } : value), policy),
  { error: 'expected an object with a policy for each participant by name' },
);

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
    heartbeat: orFalse(heartbeat).prefault({}),
    recovery: orFalse(
      z.strictObject({ intervalMs: milliseconds.default(60_000) } satisfies Record<keyof RecoveryOptions, z.ZodType>),
    ).prefault({}),
    whenDown: whenDown.default({}),
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
  })
  .superRefine(({ participants: list, whenDown: policies }, context) => {
    const strange = Object.keys(policies).filter((name) => !list.some((known) => known.name === name));
    for (const name of strange) context.addIssue({ code: 'custom', path: ['whenDown', name], message: 'there is no such participant' });
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
  const lines = faultsOf(parsed.error).map(({ field, message }) => `${field.join('.') || 'options'}: ${message}`);
  throw new InvalidInputError(`${title}: ${lines.join('; ')}.`, { cause: parsed.error });
}

interface Fault {
  readonly field: PropertyKey[];
  readonly message: string;
}

function faultsOf({ issues }: z.ZodError): readonly Fault[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ field: issue.path, message: issue.message }];
    return issue.keys.map((key) => ({ field: [...issue.path, key], message: 'there is no such option' }));
  });
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
