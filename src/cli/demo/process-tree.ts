import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** SIGKILL cannot be refused; a process in an uninterruptible disk wait is what takes longer than a moment. */
const DEATH_DEADLINE_MS = 10_000;
const DEATH_POLL_MS = 2;

/**
 * Kills a process and its direct children with SIGKILL and resolves when none of them runs any more. The parent is stopped first, so that it
 * starts no further child in between. A process group would not do: each backend of PostgreSQL makes a session of its own.
 *
 * @throws Error when one of them is still there after ten seconds.
 */
export async function killProcessTree(parent: number): Promise<void> {
  signal(parent, 'SIGSTOP');
  const doomed = [parent, ...(await childrenOf(parent))];
  for (const pid of doomed) signal(pid, 'SIGKILL');
  const deadline = performance.now() + DEATH_DEADLINE_MS;
  for (const pid of doomed) {
    while (await isAlive(pid)) {
      if (performance.now() > deadline) throw new Error(`process ${pid} is still there after SIGKILL`);
      await sleep(DEATH_POLL_MS);
    }
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  try {
    const list = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
    return list.split(' ').filter(Boolean).map(Number);
  } catch {
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
    const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    return rows.flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []));
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A zombie runs no more: only its entry waits for a parent that may never ask, as in a container without an init. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) [ZX] /.test(state);
}
