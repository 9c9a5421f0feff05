import { z } from 'zod';

/** What the keeper process needs to know about the server that it owns. */
export const keeperSettingsSchema = z.object({
  /** A new, empty directory. The keeper deletes it in the end. */
  directory: z.string(),
  user: z.string(),
  password: z.string(),
  maxConnections: z.number(),
  maxPreparedTransactions: z.number(),
});

export type KeeperSettings = z.infer<typeof keeperSettingsSchema>;

const id = z.number();

/** What the parent asks of the keeper; each request gets one {@link keeperReplySchema | reply} with the same `id`. */
export const keeperRequestSchema = z.discriminatedUnion('command', [
  z.object({ id, command: z.literal('initialise'), settings: keeperSettingsSchema }),
  z.object({ id, command: z.enum(['start', 'stop', 'kill', 'close']) }),
]);

export type KeeperRequest = z.infer<typeof keeperRequestSchema>;

export const keeperReplySchema = z.discriminatedUnion('ok', [
  z.object({ id, ok: z.literal(true), port: z.number().optional(), pid: z.number().optional() }),
  z.object({ id, ok: z.literal(false), error: z.string() }),
]);

export type KeeperReply = z.infer<typeof keeperReplySchema>;
