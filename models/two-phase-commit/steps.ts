/**
 * One event at one machine of a {@link World}, and what it does to the rest of it: the machine's effects, performed on the
 * simulated disks and the network. Flushes and recoveries are made of such events.
 */
import type { CoordinatorEffect, CoordinatorEvent } from '../../src/statecharts/coordinator.ts';
import type { FailureDetectorEvent } from '../../src/statecharts/failure-detector.ts';
import type { ParticipantEffect, ParticipantEvent } from '../../src/statecharts/participant.ts';
import type { Implementation } from './implementation.ts';
import { type AnyRecord, append, cut, flush, withdraw } from './simulated-disk.ts';
import { type Bounds, beginEpoch, type InFlight, messageKey, type ParticipantSite, trustingAll, type World } from './world.ts';

/** Raised where the code does what no step of the spec can be: an event that must be taken is refused, recovered data are wrong. */
class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
}

/** Steps under one implementation. */
export class Steps {
  readonly #bounds: Bounds;
  readonly #code: Implementation;

  constructor(bounds: Bounds, code: Implementation) {
    this.#bounds = bounds;
    this.#code = code;
  }

  /** Undefined when the machine refuses, or the process is down. */
  coordinator(world: World, tx: string, event: CoordinatorEvent): World | undefined {
    const { coordinator } = world;
    if (!coordinator.up) return undefined;
    const snapshot = coordinator.machines.get(tx) ?? this.#code.presumedAborted(tx);
    const step = this.#code.stepCoordinator(snapshot, event);
    if (!step.accepted) return undefined;
    const machines = new Map(coordinator.machines);
    // A coordinator that has forgotten keeps nothing, which is what makes presumption necessary.
    if (step.snapshot.value === 'forgotten') machines.delete(tx);
    else machines.set(tx, step.snapshot);
    return step.effects.reduce<World>((current, effect) => performCoordinator(current, tx, effect), {
      ...world,
      coordinator: { ...coordinator, machines },
    });
  }

  /** Undefined when the machine refuses, or the process is down. */
  branch(world: World, tx: string, participant: string, event: ParticipantEvent): World | undefined {
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

  /** What the coordinator believes of a participant. Undefined when the machine refuses, or the coordinator is down. */
  coordinatorsDetector(world: World, participant: string, event: FailureDetectorEvent): World | undefined {
    const { coordinator } = world;
    const detector = coordinator.detectors.get(participant);
    if (!coordinator.up || detector === undefined) return undefined;
    const { accepted, snapshot } = this.#code.stepFailureDetector(detector, event);
    const detectors = new Map(coordinator.detectors).set(participant, snapshot);
    return accepted ? { ...world, coordinator: { ...coordinator, detectors } } : undefined;
  }

  /** What a participant believes of the coordinator. Undefined when the machine refuses, or the participant is down. */
  participantsDetector(world: World, participant: string, event: FailureDetectorEvent): World | undefined {
    const site = world.participants.get(participant);
    const detector = site?.detectors.get('coordinator');
    if (!site?.up || detector === undefined) return undefined;
    const { accepted, snapshot } = this.#code.stepFailureDetector(detector, event);
    const detectors = new Map(site.detectors).set('coordinator', snapshot);
    return accepted ? withParticipant(world, participant, { ...site, detectors }) : undefined;
  }

  flushCoordinator(world: World, count: number): World {
    const flushed = world.coordinator.disk.tail.slice(0, count);
    let next: World = { ...world, coordinator: { ...world.coordinator, disk: flush(world.coordinator.disk, count) } };
    for (const { record } of flushed) {
      if (record.type === 'Epoch') continue;
      const { type: name } = record;
      const about = name === 'Heuristic' ? { record: name, participant: record.participant } : { record: name };
      const stepped = this.coordinator(next, record.tx, { type: 'FlushCoordinator', ...about });
      if (stepped === undefined) throw new DivergenceError(`the coordinator refuses the flush of ${name}(${record.tx})`);
      next = stepped;
    }
    return next;
  }

  flushParticipant(world: World, name: string, site: ParticipantSite, count: number): World {
    let next = withParticipant(world, name, { ...site, disk: flush(site.disk, count) });
    for (const { record } of site.disk.tail.slice(0, count)) {
      const stepped = this.branch(next, record.tx, name, { type: 'FlushParticipant', record: record.type });
      if (stepped === undefined) throw new DivergenceError(`${name} refuses the flush of ${record.type}(${record.tx})`);
      next = stepped;
    }
    return next;
  }

  /** What opening a decision log does, on whatever bytes the crash left: cut the torn tail, recover, begin an epoch. */
  recoverCoordinator(world: World): World {
    const { disk } = world.coordinator;
    const { records, validLength, epoch } = this.#code.decodeDecisionLog(disk.bytes);
    const machines = this.#code.recoverCoordinators(records);
    const detectors = trustingAll(this.#bounds.participants, this.#code);
    return { ...world, coordinator: { up: true, machines, detectors, disk: beginEpoch(cut(disk, validLength), epoch + 1) } };
  }

  recoverParticipant(world: World, name: string, site: ParticipantSite): World {
    const { records, validLength, committed, prepared } = this.#code.decodeJournal(site.disk.bytes);
    const machines = this.#code.recoverBranches(name, records);
    for (const tx of this.#bounds.transactions) {
      const durable = site.disk.durable.filter((record) => record.tx === tx).map(({ type }) => type);
      const last = durable.at(-1);
      const isCommitted = durable.includes('Committed') || durable.includes('HeuristicCommitted');
      if (committed.has(tx) !== isCommitted || prepared.has(tx) !== (last === 'Prepared')) {
        throw new DivergenceError(`${name} recovers other data for ${tx} than its last durable record, ${last ?? 'none'}, says`);
      }
    }
    const detectors = trustingAll(['coordinator'], this.#code);
    return withParticipant(world, name, { up: true, machines, detectors, disk: cut(site.disk, validLength) });
  }
}

function performCoordinator(world: World, tx: string, effect: CoordinatorEffect): World {
  switch (effect.type) {
    case 'send':
      return send(
        world,
        effect.to.map((participant) => ({ type: effect.message, tx, participant })),
      );
    case 'append':
      return { ...world, coordinator: { ...world.coordinator, disk: appendDecision(world.coordinator.disk, tx, effect) } };
    case 'answer':
      return { ...world, answers: told(world.answers, tx, effect.outcome) };
    case 'report':
      return { ...world, reports: told(world.reports, tx, effect.divergence) };
  }
}

function appendDecision(
  disk: World['coordinator']['disk'],
  tx: string,
  effect: Extract<CoordinatorEffect, { type: 'append' }>,
): World['coordinator']['disk'] {
  switch (effect.record) {
    case 'Commit':
      return append(disk, { type: effect.record, tx, participants: [...effect.participants] });
    case 'End':
      return append(disk, { type: effect.record, tx });
    case 'Heuristic': {
      const { record: type, participant, outcome } = effect;
      const isUnderWay = ({ record }: { record: AnyRecord }) => record.type === type && record.participant === participant;
      return disk.tail.some(isUnderWay) ? disk : append(disk, { type, tx, participant, outcome });
    }
  }
}

function performBranch(world: World, tx: string, participant: string, effect: ParticipantEffect): World {
  const site = world.participants.get(participant);
  if (site === undefined) return world;
  switch (effect.type) {
    case 'send': {
      const sent = send(world, [{ type: effect.message, tx, participant }]);
      return effect.message === 'ReadOnly' ? { ...sent, readers: told(world.readers, tx, participant) } : sent;
    }
    case 'append': {
      const disk = append(site.disk, branchRecord(site, tx, effect.record));
      return withParticipant(world, participant, { ...site, disk });
    }
    case 'withdraw':
      return withParticipant(world, participant, { ...site, disk: withdraw(site.disk) });
    case 'drop':
      return world;
  }
}

/** With its writes, where no record before it has them. */
function branchRecord(site: ParticipantSite, tx: string, type: ParticipantSite['disk']['durable'][number]['type']) {
  const payload = { coordinator: 'replay', writes: [[tx, 'written']] };
  if (type === 'Prepared') return { type, tx, payload };
  const isOnePhase = type === 'Committed' && !site.disk.durable.some((record) => record.tx === tx);
  return isOnePhase ? { type, tx, payload } : { type, tx };
}

function send(world: World, messages: readonly InFlight[]): World {
  const network = new Map(world.network);
  for (const message of messages) network.set(messageKey(message), message);
  return { ...world, network };
}

/** Adds to what was told about a transaction. */
export function told<Told>(sofar: ReadonlyMap<string, ReadonlySet<Told>>, tx: string, news: Told): ReadonlyMap<string, ReadonlySet<Told>> {
  return new Map(sofar).set(tx, new Set([...(sofar.get(tx) ?? []), news]));
}

export function withParticipant(world: World, name: string, site: ParticipantSite): World {
  return { ...world, participants: new Map(world.participants).set(name, site) };
}
