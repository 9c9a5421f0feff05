import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeDecisionLog } from '../../log/decode-decision-log.ts';
import { type Audit, type AuditRule, audit } from './audit.ts';
import { readStore } from './bank-contents.ts';
import { Acknowledgement, type StorePlace } from './process-messages.ts';
import type { VerificationCheck } from './run-report.ts';
import type { Workload } from './workload.ts';

/** What a run has left. Nothing of it runs any more but the databases. */
export interface RunRemains {
  readonly workload: Workload;
  readonly places: readonly StorePlace[];
  /** The coordinator's name. */
  readonly coordinator: string;
  /** Where its decision log is. */
  readonly coordinatorDirectory: string;
  /** The client's durable record. */
  readonly acknowledgements: readonly Acknowledgement[];
}

/** How many examples a failed check names. */
const MAX_EXAMPLES = 5;

/**
 * Judges a run by what is there when all is over: the stores' contents, the decision log and the client's record. It takes no
 * process's word for anything.
 */
export async function verifyRun(remains: RunRemains): Promise<readonly VerificationCheck[]> {
  const { workload, places, coordinator, coordinatorDirectory, acknowledgements } = remains;
  const found = await Promise.all(places.map(async (place) => [place.name, await readStore(place, coordinator)] as const));
  const answers = new Map(acknowledgements.map(({ transfer, outcome }) => [transfer, outcome]));
  const audited = audit(workload, new Map(found), answers);
  return [
    ruled('Money is conserved', audited, 'conserved', `${audited.totalAfter} cents in ${places.length} stores, before and after`),
    ruled(
      'Each transfer happened in all its stores or in none',
      audited,
      'all or nothing',
      `${audited.committed} did, ${audited.absent} did not`,
    ),
    ruled('Every balance is what the transfers leave', audited, 'explained', `${countAccounts(workload)} accounts`),
    checkRecorded(workload, acknowledgements),
    ruled('No acknowledged commit is lost, no acknowledged abort took place', audited, 'kept', `${answers.size} acknowledgements`),
    checkNothingInDoubt(found),
    ...checkDecisions(await readFile(join(coordinatorDirectory, 'decisions.log')), acknowledgements),
  ];
}

/** Reads the client's record. */
export async function readAcknowledgements(file: string): Promise<readonly Acknowledgement[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => Acknowledgement.parse(JSON.parse(line)));
}

function ruled(name: string, { problems }: Audit, rule: AuditRule, detail: string): VerificationCheck {
  const broken = problems.filter((problem) => problem.rule === rule).map(({ text }) => text);
  return judged(name, broken, detail);
}

function judged(name: string, problems: readonly string[], detail: string): VerificationCheck {
  if (problems.length === 0) return { name, ok: true, detail };
  const more = problems.length > MAX_EXAMPLES ? `; and ${problems.length - MAX_EXAMPLES} more` : '';
  return { name, ok: false, detail: `${problems.slice(0, MAX_EXAMPLES).join('; ')}${more}` };
}

function countAccounts({ accounts }: Workload): number {
  return [...accounts.values()].reduce((sum, { size }) => sum + size, 0);
}

/** The client has one outcome for each transfer of the workload, and no other. */
function checkRecorded({ transfers }: Workload, acknowledgements: readonly Acknowledgement[]): VerificationCheck {
  const counts = new Map(transfers.map(({ id }) => [id, 0]));
  const problems: string[] = [];
  for (const { transfer } of acknowledgements) {
    const count = counts.get(transfer);
    if (count === undefined) problems.push(`an outcome of ${transfer}, which is not in the workload`);
    else counts.set(transfer, count + 1);
  }
  for (const [id, count] of counts) if (count !== 1) problems.push(`${count} outcomes of ${id}`);
  return judged('Every transfer has one recorded outcome', problems, `${acknowledgements.length} of ${transfers.length}`);
}

function checkNothingInDoubt(found: readonly (readonly [string, { readonly inDoubt: readonly string[] }])[]): VerificationCheck {
  const problems = found.flatMap(([store, { inDoubt }]) => inDoubt.map((branch) => `${branch} in ${store}`));
  return judged('Nothing is left in doubt', problems, `${found.length} stores hold no prepared transaction`);
}

/** The log agrees with what the client was told, and has nothing left to do. */
function checkDecisions(bytes: Uint8Array, acknowledgements: readonly Acknowledgement[]): readonly VerificationCheck[] {
  const committed = new Set<string>();
  const open = new Set<string>();
  for (const record of decodeDecisionLog(bytes).records) {
    if (record.type === 'Commit') {
      committed.add(record.tx);
      open.add(record.tx);
    } else if (record.type === 'End') open.delete(record.tx);
  }
  const unfinished = [...open].map((tx) => `${tx} is committed and not ended`);
  const disagreeing = acknowledgements.flatMap(({ transfer, tx, outcome, isRepeated }) =>
    isRepeated || committed.has(tx) === (outcome === 'committed')
      ? []
      : [`${transfer} was told "${outcome}", and ${tx} is not in the log so`],
  );
  return [
    judged('Every commit was carried out and ended', unfinished, `${committed.size} decisions`),
    judged(
      'The log has every commit that was acknowledged, and no other outcome',
      disagreeing,
      `${acknowledgements.length} acknowledgements`,
    ),
  ];
}
