/**
 * Everything that can happen next in a {@link World}: each event that the spec knows is offered to the machines in every
 * state, and it is they who refuse. The environment's own actions (crashes, losses, timers that wait for quiet, suspicions and
 * patience that end) are as generous as the spec's.
 */
import type { CoordinatorEvent } from '../../src/statecharts/coordinator.ts';
import type { ParticipantEvent } from '../../src/statecharts/participant.ts';
import type { Implementation } from './implementation.ts';
import type { ReplayedSpec } from './replayed-spec.ts';
import { crash } from './simulated-disk.ts';
import { Steps, told, withParticipant } from './steps.ts';
import { type Bounds, type Faults, type ParticipantSite, suspects, type World } from './world.ts';

/** One step of the implementation; `action` is the name of the spec's action. */
export interface Move {
  readonly action: string;
  /** The action with its parameters, for people. */
  readonly label: string;
  readonly world: World;
}

/** The events that the client or a timer may bring about at any moment. */
const COORDINATOR_EVENTS = [
  'RequestCommit',
  'RequestCommitOnePhase',
  'RequestRollback',
  'VoteTimeOut',
  'OnePhaseTimeOut',
  'AskOutcome',
] as const;
const BRANCH_EVENTS = ['AbortUnilaterally', 'VoteReadOnly', 'RefusePrepare', 'RefuseOnePhase'] as const;
const HEURISTIC_EVENTS = ['HeuristicCommit', 'HeuristicAbort'] as const;
const DETECTOR_EVENTS = ['HeartbeatTimeOut', 'ReceiveHeartbeat'] as const;

/** In these states a client waits for an answer, and learns of a crash by getting none. */
const WAITING: ReadonlySet<string> = new Set(['preparing', 'delegated', 'committing']);

/** Moves in one configuration of one spec under one implementation. */
export class Moves {
  readonly #spec: ReplayedSpec;
  readonly #bounds: Bounds;
  readonly #steps: Steps;

  constructor(spec: ReplayedSpec, bounds: Bounds, code: Implementation) {
    this.#spec = spec;
    this.#bounds = bounds;
    this.#steps = new Steps(bounds, code);
  }

  from(world: World): Move[] {
    return [
      ...this.#coordinatorMoves(world),
      ...this.#participantMoves(world),
      ...this.#detectorMoves(world),
      ...this.#deliveries(world),
      ...this.#networkMoves(world),
    ];
  }

  *#coordinatorMoves(world: World): Generator<Move> {
    const { coordinator, faults } = world;
    if (!coordinator.up) {
      yield { action: 'RecoverCoordinator', label: 'RecoverCoordinator', world: this.#steps.recoverCoordinator(world) };
      return;
    }
    for (const tx of this.#bounds.transactions) yield* this.#coordinatorEvents(world, tx);
    for (let count = 1; count <= coordinator.disk.tail.length; count += 1) {
      yield { action: 'FlushCoordinator', label: `FlushCoordinator(${count})`, world: this.#steps.flushCoordinator(world, count) };
    }
    if (faults.coordinatorCrashes >= this.#bounds.maxCoordinatorCrashes) return;
    for (let count = 0; count <= coordinator.disk.tail.length; count += 1) {
      for (const disk of crash(coordinator.disk, count)) {
        const crashed = { up: false, machines: new Map(), detectors: new Map(), disk };
        const next = counted({ ...world, coordinator: crashed, answers: this.#answersAfterCrash(world) }, 'coordinatorCrashes');
        yield { action: 'CrashCoordinator', label: `CrashCoordinator(${count})`, world: next };
      }
    }
  }

  *#coordinatorEvents(world: World, tx: string): Generator<Move> {
    for (const type of COORDINATOR_EVENTS) yield* this.#offerCoordinator(world, tx, { type }, `${type}(${tx})`);
    if (this.#bounds.maxHeuristics > 0) yield* this.#offerCoordinator(world, tx, { type: 'ReportHazard' }, `ReportHazard(${tx})`);
    for (const participant of this.#bounds.participants) {
      const label = `(${tx}, ${participant})`;
      if (suspects(world.coordinator, participant)) {
        yield* this.#offerCoordinator(world, tx, { type: 'ParticipantSuspected', participant }, `ParticipantSuspected${label}`);
      }
      if (isQuiet(world, tx, participant)) {
        yield* this.#offerCoordinator(world, tx, { type: 'Resend', participant }, `Resend${label}`);
      }
    }
  }

  #answersAfterCrash({ coordinator, answers }: World): World['answers'] {
    if (!this.#spec.crashAnswersUnknown) return answers;
    const waiting = this.#bounds.transactions.filter((tx) => WAITING.has(coordinator.machines.get(tx)?.value ?? ''));
    return waiting.reduce((all, tx) => told(all, tx, 'unknown' as const), answers);
  }

  *#participantMoves(world: World): Generator<Move> {
    for (const [name, site] of world.participants) {
      if (!site.up) {
        const recovered = this.#steps.recoverParticipant(world, name, site);
        yield { action: 'RecoverParticipant', label: `RecoverParticipant(${name})`, world: recovered };
        continue;
      }
      for (const tx of this.#bounds.transactions) yield* this.#branchEvents(world, tx, name, site);
      for (let count = 1; count <= site.disk.tail.length; count += 1) {
        const label = `FlushParticipant(${name}, ${count})`;
        yield { action: 'FlushParticipant', label, world: this.#steps.flushParticipant(world, name, site, count) };
      }
      if (world.faults.participantCrashes >= this.#bounds.maxParticipantCrashes) continue;
      for (let count = 0; count <= site.disk.tail.length; count += 1) {
        for (const disk of crash(site.disk, count)) {
          const crashed = withParticipant(world, name, { up: false, machines: new Map(), detectors: new Map(), disk });
          const label = `CrashParticipant(${name}, ${count})`;
          yield { action: 'CrashParticipant', label, world: counted(crashed, 'participantCrashes') };
        }
      }
    }
  }

  *#branchEvents(world: World, tx: string, name: string, site: ParticipantSite): Generator<Move> {
    const label = `(${name}, ${tx})`;
    for (const type of BRANCH_EVENTS) yield* this.#offerBranch(world, tx, name, { type }, `${type}${label}`);
    if (suspects(site, 'coordinator') || world.faults.coordinatorCrashes > 0) {
      yield* this.#offerBranch(world, tx, name, { type: 'DropStale' }, `DropStale${label}`);
    }
    if (isQuiet(world, tx, name)) yield* this.#offerBranch(world, tx, name, { type: 'VoteAgain' }, `VoteAgain${label}`);
    if (world.faults.heuristics >= this.#bounds.maxHeuristics) return;
    for (const type of HEURISTIC_EVENTS) {
      yield* this.#offerBranch(counted(world, 'heuristics'), tx, name, { type }, `${type}${label}`);
    }
  }

  /** A late heartbeat is a fault, of which there are finitely many; one that arrives is none. */
  *#detectorMoves(world: World): Generator<Move> {
    for (const action of DETECTOR_EVENTS) {
      if (!this.#offers(action)) continue;
      if (action === 'HeartbeatTimeOut' && world.faults.suspicions >= this.#bounds.maxSuspicions) continue;
      const before = action === 'HeartbeatTimeOut' ? counted(world, 'suspicions') : world;
      for (const name of this.#bounds.participants) {
        const atCoordinator = this.#steps.coordinatorsDetector(before, name, { type: action });
        if (atCoordinator !== undefined) yield { action, label: `${action}(coordinator, of ${name})`, world: atCoordinator };
        const atParticipant = this.#steps.participantsDetector(before, name, { type: action });
        if (atParticipant !== undefined) yield { action, label: `${action}(${name}, of coordinator)`, world: atParticipant };
      }
    }
  }

  *#deliveries(world: World): Generator<Move> {
    for (const [key, message] of world.network) {
      const { type, tx, participant } = message;
      const taken = world.duplicated.has(key) ? world : without(world, key);
      const label = `Receive${type}(${tx}, ${participant})`;
      switch (type) {
        case 'Prepare':
        case 'CommitOnePhase':
        case 'Commit':
        case 'Abort':
        case 'Forget':
          yield* this.#offerBranch(taken, tx, participant, { type: `Receive${type}` }, label);
          break;
        default:
          yield* this.#offerCoordinator(taken, tx, { type: `Receive${type}`, participant }, label);
      }
    }
  }

  *#networkMoves(world: World): Generator<Move> {
    const { faults } = world;
    for (const key of world.network.keys()) {
      if (faults.losses < this.#bounds.maxLosses) {
        yield { action: 'Lose', label: `Lose(${key})`, world: counted(without(world, key), 'losses') };
      }
      if (faults.duplicates < this.#bounds.maxDuplicates && !world.duplicated.has(key)) {
        const duplicated = new Set([...world.duplicated, key]);
        yield { action: 'Duplicate', label: `Duplicate(${key})`, world: counted({ ...world, duplicated }, 'duplicates') };
      }
    }
  }

  *#offerCoordinator(world: World, tx: string, event: CoordinatorEvent, label: string): Generator<Move> {
    const next = this.#offers(event.type) ? this.#steps.coordinator(world, tx, event) : undefined;
    if (next !== undefined) yield { action: event.type, label, world: next };
  }

  *#offerBranch(world: World, tx: string, participant: string, event: ParticipantEvent, label: string): Generator<Move> {
    const next = this.#offers(event.type) ? this.#steps.branch(world, tx, participant, event) : undefined;
    if (next !== undefined) yield { action: event.type, label, world: next };
  }

  /** A spec says nothing of an event that it does not know. */
  #offers(action: string): boolean {
    return Object.hasOwn(this.#spec.vocabulary, action);
  }
}

function counted(world: World, fault: keyof Faults): World {
  return { ...world, faults: { ...world.faults, [fault]: world.faults[fault] + 1 } };
}

function without(world: World, key: string): World {
  const network = new Map(world.network);
  network.delete(key);
  const duplicated = new Set(world.duplicated);
  duplicated.delete(key);
  return { ...world, network, duplicated };
}

/** Nothing between the coordinator and this participant about this transaction is on its way for the first time. */
function isQuiet(world: World, tx: string, participant: string): boolean {
  for (const [key, message] of world.network) {
    if (message.tx === tx && message.participant === participant && !world.duplicated.has(key)) return false;
  }
  return true;
}
