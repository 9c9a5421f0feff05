import type { Environment } from '../../src/protocol/environment.ts';
import type { Incarnation } from './incarnation.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** All that one life of a process has of the world: the simulator's time, timers, randomness and files. */
export function simulatedEnvironment(process: SimulatedProcess, incarnation: Incarnation): Environment {
  return {
    now: () => process.clock.read(process.queue.nowMs),
    setTimer: (delayMs, fire) => incarnation.schedule(process.clock.duration(delayMs), fire),
    randomBytes: (length) => incarnation.random.bytes(length),
    files: process.disk.filesOf(incarnation),
  };
}
