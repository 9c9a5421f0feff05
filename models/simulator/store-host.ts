import type { Incarnation } from './incarnation.ts';
import { simulatedEnvironment } from './simulated-environment.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { COORDINATOR, type SimulatedWorld } from './simulated-world.ts';
import type { SimulatedStore } from './simulation-parts.ts';
import { describeCall, type StoreReply, type StoreRequest } from './store-message.ts';
import { StoreServer } from './store-server.ts';
import { Supervisor } from './supervisor.ts';

/** A remote store with the process that it lives in. */
export class StoreHost {
  readonly store: SimulatedStore;
  readonly supervisor: Supervisor;
  readonly #world: SimulatedWorld;
  /** Present while it serves. */
  #serving: { readonly incarnation: Incarnation; readonly server: StoreServer } | undefined;

  constructor(store: SimulatedStore, process: SimulatedProcess, world: SimulatedWorld) {
    this.store = store;
    this.#world = world;
    this.supervisor = new Supervisor(process, world, (incarnation) => {
      this.#run(incarnation).catch((error: unknown) => this.supervisor.failed(incarnation, error));
    });
  }

  get isServing(): boolean {
    return this.#serving?.incarnation.isAlive ?? false;
  }

  /** Takes a request from the coordinator's process; a copy of a reply may come late, and to one who is dead. */
  request(caller: Incarnation, request: StoreRequest, reply: (reply: StoreReply) => void): void {
    if (!caller.isAlive) return;
    const { network } = this.#world;
    const { name } = this.store;
    const what = describeCall(request.call);
    const answer = (answered: StoreReply) => {
      const outcome = answered.ok ? 'done' : answered.error.code;
      network.send(name, COORDINATOR, `${what}: ${outcome}`, () => caller.receive(() => reply(answered)));
    };
    network.send(COORDINATOR, name, what, () => this.#receive(request, answer));
  }

  #receive(request: StoreRequest, answer: (reply: StoreReply) => void): void {
    const serving = this.#serving;
    if (serving === undefined) return;
    const { incarnation, server } = serving;
    incarnation.receive(() => {
      server.receive(request).then(
        (reply) => {
          if (incarnation.isAlive) answer(reply);
        },
        () => undefined,
      );
    });
  }

  async #run(incarnation: Incarnation): Promise<void> {
    const { parts, statistics } = this.#world;
    const real = simulatedEnvironment(this.supervisor.process, incarnation);
    const environment = parts.environment?.(real, this.store.name) ?? real;
    const created = this.store.create();
    const participant = parts.participant?.(created, environment) ?? created;
    await participant.open({ coordinator: COORDINATOR, environment });
    if (!incarnation.isAlive) return;
    if (incarnation.number > 1) statistics.storeRecoveries += 1;
    this.#serving = { incarnation, server: new StoreServer(participant, environment, incarnation.number) };
  }
}
