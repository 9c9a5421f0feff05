import type { Store } from './branch-driver.ts';
import type { Configuration } from './configuration.ts';
import { MissCounter } from './failure-detector.ts';
import { Heartbeat } from './heartbeat.ts';
import { Presence } from './presence.ts';
import { StoreQuery } from './store-query.ts';
import type { Surroundings } from './surroundings.ts';

/** The participants of a configuration by name, each with what watches over it. */
export function storesOf(surroundings: Surroundings, { participants, whenDown, heartbeat }: Configuration): ReadonlyMap<string, Store> {
  const { environment } = surroundings;
  return new Map(
    participants.map((participant) => {
      const { name } = participant;
      const detector = new MissCounter(heartbeat === false ? Number.POSITIVE_INFINITY : heartbeat.misses);
      const presence = new Presence(name, whenDown[name] ?? { policy: 'refuse' }, environment, detector);
      const inDoubt = new StoreQuery(surroundings, participant);
      const beats = new Heartbeat(surroundings, participant, presence, heartbeat);
      return [name, { participant, inDoubt, presence, heartbeat: beats, abandoned: new Set() }];
    }),
  );
}
