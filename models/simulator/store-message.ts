import { CrossboundError, PrepareRefusedError } from '../../src/protocol/errors.ts';

/** What a coordinator asks of a store in another process. */
export type StoreCall =
  | { readonly name: 'connect'; readonly coordinator: string; readonly session: number }
  | { readonly name: 'enlist'; readonly tx: string; readonly timeoutMs: number }
  | { readonly name: 'get' | 'getForUpdate' | 'delete'; readonly tx: string; readonly key: string }
  | { readonly name: 'put'; readonly tx: string; readonly key: string; readonly value: string }
  | { readonly name: 'entries'; readonly tx: string; readonly prefix: string }
  | { readonly name: 'prepare' | 'commit' | 'rollback'; readonly tx: string }
  | { readonly name: 'inDoubt' };

export interface StoreRequest {
  /** What the store gave to the last `connect`; it serves no older connection. */
  readonly connection: string;
  /** Unique in its connection. */
  readonly id: number;
  readonly call: StoreCall;
}

/** An error on its way through the network. */
interface SentError {
  readonly code: string;
  readonly kind: 'retryable' | 'terminal' | 'inDoubt';
  readonly message: string;
  readonly isRefusal: boolean;
}

export type StoreReply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: SentError };

export function errorReply(error: unknown): StoreReply {
  const message = error instanceof Error ? error.message : String(error);
  const { code, kind } = error instanceof CrossboundError ? error : { code: 'STORE_FAILED', kind: 'retryable' as const };
  return { ok: false, error: { code, kind, message, isRefusal: error instanceof PrepareRefusedError } };
}

export function receivedError({ code, kind, message, isRefusal }: SentError): CrossboundError {
  if (isRefusal) return new PrepareRefusedError(message, { kind: kind === 'retryable' ? 'retryable' : 'terminal' });
  return new CrossboundError(code, kind, message);
}

/** For the trace. */
export function describeCall(call: StoreCall): string {
  const { name, ...rest } = call;
  return [name, ...Object.values(rest)].join(' ');
}
