import { FileDecisionLog } from '../../src/log/file-decision-log.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';
import type { Side } from '../benchmark.ts';
import { oneAtATime, saturated } from '../load.ts';

const PARTICIPANTS = ['first', 'second', 'third'];

/** The decision log alone: commit records, each flushed before it is acknowledged. */
export async function logSide(directory: string, inFlight: number): Promise<Side> {
  const log = new FileDecisionLog(nodeEnvironment(), { directory });
  const { epoch } = await log.open('bench');
  let count = 0;
  const once = () => {
    count += 1;
    return log.append({ type: 'Commit', tx: `e1-0123456789ab-${count}`, participants: PARTICIPANTS }, { epoch });
  };
  return {
    name: 'Crossbound, decision log alone',
    round: (operations) => (inFlight === 1 ? oneAtATime(operations, once) : saturated(operations, inFlight, once)),
    close: () => log.close(),
  };
}
