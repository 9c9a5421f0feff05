import { z } from 'zod';
import { InvalidInputError } from '../../protocol/errors.ts';
import { ParticipantName } from '../../protocol/identifiers.ts';

const connection = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(5_432),
  user: z.string().min(1),
  password: z.string().optional(),
  database: z.string().min(1),
  /** `true`, or the options of `tls.connect`. */
  ssl: z.union([z.boolean(), z.record(z.string(), z.unknown())]).optional(),
});

const milliseconds = z.int().min(1).max(3_600_000);

/** The configuration of a `PostgreSqlParticipant`: what `new PostgreSqlParticipant(...)` takes. Durations are in milliseconds. */
export const PostgreSqlOptions = z
  .strictObject({
    name: ParticipantName,
    /** Where the database is: this, or `connectionString`. */
    connection: connection.optional(),
    connectionString: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
      .optional(),
    /** Connections for the work of transactions, one for each from its enlistment to its prepare. */
    maxConnections: z.int().min(1).max(1_000).default(16),
    /**
     * Further connections, kept free for second phases and recovery: if transactions that wait for the locks of a prepared one could take
     * the last connection, its commit, which frees those locks, would find none.
     */
    completionConnections: z.int().min(1).max(100).default(4),
    /** Enlistments that wait for a connection, or for one to be made; one more is rejected at once, as retryable. */
    maxWaiting: z.int().min(1).max(100_000).default(1_000),
    /** For one attempt to connect, in milliseconds. */
    connectTimeoutMs: milliseconds.default(5_000),
    /** How long `open`, `commit`, `rollback` and `inDoubt` try again while the server is out of reach, in milliseconds. */
    unavailableTimeoutMs: milliseconds.default(10_000),
    /**
     * The server ends a session that is idle in a transaction for this long, in milliseconds: the bound for locks of a
     * process that went away without closing its connections. Longer than what a transaction does elsewhere in between.
     */
    idleTransactionTimeoutMs: milliseconds.default(60_000),
    isolation: z.enum(['read committed', 'repeatable read', 'serializable']).default('read committed'),
  })
  .refine((options) => (options.connection === undefined) !== (options.connectionString === undefined), {
    path: ['connection'],
    error: 'give either connection or connectionString',
  });

export type PostgreSqlOptions = z.input<typeof PostgreSqlOptions>;

/** The configuration with every default filled in. */
export type PostgreSqlSettings = z.output<typeof PostgreSqlOptions>;

/** @throws InvalidInputError that names each field at fault. */
export function parsePostgreSqlOptions(options: unknown): PostgreSqlSettings {
  const parsed = PostgreSqlOptions.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(`The options of a PostgreSqlParticipant are not valid:\n${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}
