import { type CrossboundOptions, createCrossbound } from '../../src/index.ts';
import type { Round, Side } from '../benchmark.ts';
import { oneAtATime, saturated } from '../load.ts';
import { threeDummies } from './dummy-participant.ts';

/** The public API with three dummy participants: begin, enlist each, commit. */
export async function crossboundSide(
  name: string,
  inFlight: number,
  options: Pick<CrossboundOptions, 'log' | 'directory' | 'limits'>,
): Promise<Side> {
  const participants = threeDummies();
  const manager = await createCrossbound({ name: 'bench', participants, ...options });
  const [first, second, third] = participants;
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
  const once = async () => {
    const tx = await manager.begin();
    await tx.enlist(first);
    await tx.enlist(second);
    await tx.enlist(third);
    await tx.commit();
  };
  let expected = 0;
  const round = async (operations: number): Promise<Round> => {
    expected += operations;
    const result = inFlight === 1 ? await oneAtATime(operations, once) : await saturated(operations, inFlight, once);
    const { committed } = manager.stats();
    if (committed !== expected) throw new Error(`${expected} transactions were committed, and the manager counts ${committed}`);
    return result;
  };
  return { name, round, close: () => manager.close() };
}
