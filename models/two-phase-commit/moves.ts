/**
 * Everything that can happen next in a {@link World}: each event is offered to the machines in every state, and it is they
 * who refuse. The environment's own actions (crashes, losses, timers that wait for quiet) are as generous as the spec's.
 */
import type { CoordinatorEffect, CoordinatorEvent } from '../../src/statecharts/coordinator.ts';
import type { ParticipantEffect, ParticipantEvent } from '../../src/statecharts/participant.ts';
import type { Implementation } from './implementation.ts';
import { append, crash, cut, flush } from './simulated-disk.ts';
import { type Bounds, beginEpoch, type InFlight, messageKey, type ParticipantSite, type World } from './world.ts';

/** One step of the implementation; `action` is the name of the spec's action. */
export interface Move {
  readonly action: string;
  /** The action with its parameters, for people. */
  readonly label: string;
  readonly world: World;
}

/** Raised where the code does what no step of the spec can be: an event that must be taken is refused, recovered data are wrong. */
class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
}

/** Steps of one configuration under one implementation. */
export class Moves {
  readonly #bounds: Bounds;
  readonly #code: Implementation;

  constructor(bounds: Bounds, code: Implementation) {
    this.#bounds = bounds;
    this.#code = code;
  }

  from(world: World): Move[] {
    return [...this.#coordinatorMoves(world), ...this.#participantMoves(world), ...this.#deliveries(world), ...this.#networkMoves(world)];
  }

  *#coordinatorMoves(world: World): Generator<Move> {
    const { coordinator, faults } = world;
    if (!coordinator.up) {
      yield { action: 'RecoverCoordinator', label: 'RecoverCoordinator', world: this.#recoverCoordinator(world) };
      return;
    }
    for (const tx of this.#bounds.transactions) {
      for (const type of ['RequestCommit', 'RequestRollback', 'VoteTimeOut', 'AskOutcome'] as const) {
        yield* this.#offerCoordinator(world, tx, { type }, `${type}(${tx})`);
      }
      for (const participant of this.#bounds.participants) {
        if (!isQuiet(world, tx, participant)) continue;
        yield* this.#offerCoordinator(world, tx, { type: 'Resend', participant }, `Resend(${tx}, ${participant})`);
      }
    }
    for (let count = 1; count <= coordinator.disk.tail.length; count += 1) {
      yield { action: 'FlushCoordinator', label: `FlushCoordinator(${count})`, world: this.#flushCoordinator(world, count) };
    }
    if (faults.coordinatorCrashes >= this.#bounds.maxCoordinatorCrashes) return;
    for (let count = 0; count <= coordinator.disk.tail.length; count += 1) {
      for (const disk of crash(coordinator.disk, count)) {
        const crashed = { up: false, machines: new Map(), disk };
        const counted = { ...faults, coordinatorCrashes: faults.coordinatorCrashes + 1 };
        const world_ = { ...world, coordinator: crashed, faults: counted };
        yield { action: 'CrashCoordinator', label: `CrashCoordinator(${count})`, world: world_ };
      }
    }
  }

  *#participantMoves(world: World): Generator<Move> {
    const { faults } = world;
    for (const [name, site] of world.participants) {
      if (!site.up) {
        yield { action: 'RecoverParticipant', label: `RecoverParticipant(${name})`, world: this.#recoverParticipant(world, name, site) };
        continue;
      }
      for (const tx of this.#bounds.transactions) {
        for (const type of ['AbortUnilaterally', 'RefusePrepare'] as const) {
          yield* this.#offerBranch(world, tx, name, { type }, `${type}(${name}, ${tx})`);
        }
        if (isQuiet(world, tx, name)) yield* this.#offerBranch(world, tx, name, { type: 'VoteAgain' }, `VoteAgain(${name}, ${tx})`);
      }
      for (let count = 1; count <= site.disk.tail.length; count += 1) {
        const label = `FlushParticipant(${name}, ${count})`;
        yield { action: 'FlushParticipant', label, world: this.#flushParticipant(world, name, site, count) };
      }
      if (faults.participantCrashes >= this.#bounds.maxParticipantCrashes) continue;
      for (let count = 0; count <= site.disk.tail.length; count += 1) {
        for (const disk of crash(site.disk, count)) {
          const crashed = withParticipant(world, name, { up: false, machines: new Map(), disk });
          const counted = { ...faults, participantCrashes: faults.participantCrashes + 1 };
          yield { action: 'CrashParticipant', label: `CrashParticipant(${name}, ${count})`, world: { ...crashed, faults: counted } };
        }
      }
    }
  }

  *#deliveries(world: World): Generator<Move> {
    for (const [key, message] of world.network) {
      const { type, tx, participant } = message;
      const taken = world.duplicated.has(key) ? world : without(world, key);
      const label = `Receive${type}(${tx}, ${participant})`;
      if (type === 'Yes' || type === 'No' || type === 'Ack') {
        yield* this.#offerCoordinator(taken, tx, { type: `Receive${type}`, participant }, label);
      } else {
        yield* this.#offerBranch(taken, tx, participant, { type: `Receive${type}` }, label);
      }
    }
  }

  *#networkMoves(world: World): Generator<Move> {
    const { faults } = world;
    for (const key of world.network.keys()) {
      if (faults.losses < this.#bounds.maxLosses) {
        const lost = without(world, key);
        yield { action: 'Lose', label: `Lose(${key})`, world: { ...lost, faults: { ...faults, losses: faults.losses + 1 } } };
      }
      if (faults.duplicates < this.#bounds.maxDuplicates && !world.duplicated.has(key)) {
        const duplicated = new Set([...world.duplicated, key]);
        const counted = { ...faults, duplicates: faults.duplicates + 1 };
        yield { action: 'Duplicate', label: `Duplicate(${key})`, world: { ...world, duplicated, faults: counted } };
      }
    }
  }

  *#offerCoordinator(world: World, tx: string, event: CoordinatorEvent, label: string): Generator<Move> {
    const next = this.#stepCoordinator(world, tx, event);
    if (next !== undefined) yield { action: event.type, label, world: next };
  }

  *#offerBranch(world: World, tx: string, participant: string, event: ParticipantEvent, label: string): Generator<Move> {
    const next = this.#stepBranch(world, tx, participant, event);
    if (next !== undefined) yield { action: event.type, label, world: next };
  }

  /** Undefined when the machine refuses, or the process is down. */
  #stepCoordinator(world: World, tx: string, event: CoordinatorEvent): World | undefined {
    const { coordinator } = world;
    if (!coordinator.up) return undefined;
    const snapshot = coordinator.machines.get(tx) ?? this.#code.presumedAborted(tx);
    const step = this.#code.stepCoordinator(snapshot, event);
    if (!step.accepted) return undefined;
    const machines = new Map(coordinator.machines);
    // A coordinator that has forgotten keeps nothing, which is what makes presumption necessary.
    if (step.snapshot.value === 'forgotten') machines.delete(tx);
    else machines.set(tx, step.snapshot);
    const participants = snapshot.context.participants;
    return step.effects.reduce<World>((current, effect) => performCoordinator(current, tx, participants, effect), {
      ...world,
      coordinator: { ...coordinator, machines },
    });
  }

  #stepBranch(world: World, tx: string, participant: string, event: ParticipantEvent): World | undefined {
    const site = world.participants.get(participant);
    if (!site?.up) return undefined;
    const snapshot = site.machines.get(tx) ?? this.#code.recoveredBranch(tx, participant, undefined);
    const step = this.#code.stepBranch(snapshot, event);
    if (!step.accepted) return undefined;
    const machines = new Map(site.machines).set(tx, step.snapshot);
    return step.effects.reduce<World>(
      (current, effect) => performBranch(current, tx, participant, effect),
      withParticipant(world, participant, { ...site, machines }),
    );
  }

  #flushCoordinator(world: World, count: number): World {
    const flushed = world.coordinator.disk.tail.slice(0, count);
    let next: World = { ...world, coordinator: { ...world.coordinator, disk: flush(world.coordinator.disk, count) } };
    for (const { record } of flushed) {
      if (record.type === 'Epoch') continue;
      const stepped = this.#stepCoordinator(next, record.tx, { type: 'FlushCoordinator', record: record.type });
      if (stepped === undefined) throw new DivergenceError(`the coordinator refuses the flush of ${record.type}(${record.tx})`);
      next = stepped;
    }
    return next;
  }

  #flushParticipant(world: World, name: string, site: ParticipantSite, count: number): World {
    let next = withParticipant(world, name, { ...site, disk: flush(site.disk, count) });
    for (const { record } of site.disk.tail.slice(0, count)) {
      const stepped = this.#stepBranch(next, record.tx, name, { type: 'FlushParticipant', record: record.type });
      if (stepped === undefined) throw new DivergenceError(`${name} refuses the flush of ${record.type}(${record.tx})`);
      next = stepped;
    }
    return next;
  }

  /** What opening a decision log does, on whatever bytes the crash left: cut the torn tail, recover, begin an epoch. */
  #recoverCoordinator(world: World): World {
    const { disk } = world.coordinator;
    const { records, validLength, epoch } = this.#code.decodeDecisionLog(disk.bytes);
    const machines = this.#code.recoverCoordinators(records);
    return { ...world, coordinator: { up: true, machines, disk: beginEpoch(cut(disk, validLength), epoch + 1) } };
  }

  #recoverParticipant(world: World, name: string, site: ParticipantSite): World {
    const { records, validLength, committed, prepared } = this.#code.decodeJournal(site.disk.bytes);
    const machines = this.#code.recoverBranches(name, records);
    for (const tx of this.#bounds.transactions) {
      const last = site.disk.durable.findLast((record) => record.tx === tx)?.type;
      if (committed.has(tx) !== (last === 'Committed') || prepared.has(tx) !== (last === 'Prepared')) {
        throw new DivergenceError(`${name} recovers other data for ${tx} than its last durable record, ${last ?? 'none'}, says`);
      }
    }
    return withParticipant(world, name, { up: true, machines, disk: cut(site.disk, validLength) });
  }
}

function performCoordinator(world: World, tx: string, participants: readonly string[], effect: CoordinatorEffect): World {
  switch (effect.type) {
    case 'send':
      return send(
        world,
        effect.to.map((participant) => ({ type: effect.message, tx, participant })),
      );
    case 'append': {
      const record =
        effect.record === 'Commit' ? { type: effect.record, tx, participants: [...participants] } : { type: effect.record, tx };
      return { ...world, coordinator: { ...world.coordinator, disk: append(world.coordinator.disk, record) } };
    }
    case 'answer':
      return { ...world, answers: new Map(world.answers).set(tx, new Set([...(world.answers.get(tx) ?? []), effect.outcome])) };
  }
}

function performBranch(world: World, tx: string, participant: string, effect: ParticipantEffect): World {
  const site = world.participants.get(participant);
  if (effect.type === 'send') return send(world, [{ type: effect.message, tx, participant }]);
  if (effect.type === 'drop' || site === undefined) return world;
  const record =
    effect.record === 'Prepared'
      ? { type: effect.record, tx, payload: { coordinator: 'replay', writes: [[tx, 'written']] } }
      : { type: effect.record, tx };
  return withParticipant(world, participant, { ...site, disk: append(site.disk, record) });
}

function send(world: World, messages: readonly InFlight[]): World {
  const network = new Map(world.network);
  for (const message of messages) network.set(messageKey(message), message);
  return { ...world, network };
}

function without(world: World, key: string): World {
  const network = new Map(world.network);
  network.delete(key);
  const duplicated = new Set(world.duplicated);
  duplicated.delete(key);
  return { ...world, network, duplicated };
}

function withParticipant(world: World, name: string, site: ParticipantSite): World {
  return { ...world, participants: new Map(world.participants).set(name, site) };
}

/** Nothing between the coordinator and this participant about this transaction is on its way for the first time. */
function isQuiet(world: World, tx: string, participant: string): boolean {
  for (const [key, message] of world.network) {
    if (message.tx === tx && message.participant === participant && !world.duplicated.has(key)) return false;
  }
  return true;
}
