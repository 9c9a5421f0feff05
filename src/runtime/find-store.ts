import { InvalidInputError } from '../protocol/errors.ts';
import type { Store } from './branch-driver.ts';
import type { Participant } from './participant.ts';

/** @throws InvalidInputError where the configuration has no such participant, or another object under its name. */
export function findStore(stores: ReadonlyMap<string, Store>, participant: string | Participant): Store {
  // JavaScript callers pass what a look-up gave them, and that may be nothing.
  const name = typeof participant === 'string' ? participant : participant?.name;
  const store = stores.get(name);
  if (store !== undefined && (typeof participant === 'string' || participant === store.participant)) return store;
  const known = [...stores.keys()].join(', ') || 'none';
  const what = store === undefined ? `There is no participant "${name}"` : `This is another object than the participant "${name}"`;
  throw new InvalidInputError(`${what} in the configuration of createCrossbound. Those that can be enlisted: ${known}.`);
}
