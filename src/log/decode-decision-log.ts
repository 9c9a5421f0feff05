import { type CoordinatorRecord, decodeCoordinatorRecord } from '../protocol/log-record.ts';
import { type DecodedLog, decodeLog } from './decode-log.ts';

/** A decision log recovered from its bytes. */
export interface DecodedDecisionLog extends DecodedLog<CoordinatorRecord> {
  /** The epoch of the last owner; 0 when nobody has owned it yet. */
  readonly epoch: number;
}

/**
 * Recovers the decision log from its raw bytes. Pure; what the embedded log opens with, and what a simulator runs after a crash.
 *
 * @throws LogCorruptError for damage, for a record that is not a coordinator's, and for an epoch that does not grow.
 */
export function decodeDecisionLog(bytes: Uint8Array, path = 'decisions.log'): DecodedDecisionLog {
  let epoch = 0;
  const decoded = decodeLog(bytes, path, (payload) => {
    const record = decodeCoordinatorRecord(payload);
    if (record.type === 'Epoch') {
      if (record.epoch <= epoch) throw new Error(`epoch ${record.epoch} follows epoch ${epoch}`);
      epoch = record.epoch;
    } else if (epoch === 0) {
      throw new Error('it comes before the first epoch');
    }
    return record;
  });
  return { ...decoded, epoch };
}
