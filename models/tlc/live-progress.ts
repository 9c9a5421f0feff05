import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onExit } from 'signal-exit';
import type { Java } from './find-java.ts';
import { runToEnd } from './process-group.ts';

const mainClass = 'CrossboundLiveProgress';
const compileTimeoutMs = 30_000;

/**
 * Starts TLC and writes its counters to standard error each second: TLC itself reports after three seconds and then once a
 * minute. The counters are those that TLC offers to management tools, so that this needs nothing of TLC's to compile.
 */
const source = `
import java.lang.management.ManagementFactory;
import javax.management.MBeanServer;
import javax.management.ObjectName;

public class ${mainClass} {
    public static void main(String[] args) throws Exception {
        Thread reporter = new Thread(${mainClass}::report);
        reporter.setDaemon(true);
        reporter.start();
        Class.forName("tlc2.TLC").getMethod("main", String[].class).invoke(null, (Object) args);
    }

    private static void report() {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        while (true) {
            try {
                Thread.sleep(1000);
                ObjectName name = new ObjectName("tlc2.tool:type=ModelChecker");
                if (!server.isRegistered(name)) continue;
                System.err.println("@live " + server.getAttribute(name, "StatesGenerated")
                    + " " + server.getAttribute(name, "DistinctStatesGenerated")
                    + " " + server.getAttribute(name, "StateQueueSize")
                    + " " + server.getAttribute(name, "Progress"));
            } catch (Exception notNow) {
                // The counters come and go with the search; the next second may have them.
            }
        }
    }
}
`;

/** A compiled reporter, for as many runs of TLC as one likes; removed when disposed of. */
export interface LiveProgress extends AsyncDisposable {
  readonly classPath: string;
  readonly mainClass: string;
}

/** What one line of the reporter says, or `undefined` for any other line. */
export function parseLiveProgress(line: string): { generated: number; distinct: number; queue: number; depth: number } | undefined {
  const [, generated, distinct, queue, depth] = /^@live (\d+) (\d+) (-?\d+) (\d+)$/.exec(line) ?? [];
  if (generated === undefined) return undefined;
  return { generated: Number(generated), distinct: Number(distinct), queue: Math.max(0, Number(queue)), depth: Number(depth) };
}

/**
 * Compiles the reporter with the compiler that is in a JDK (about a second).
 * @returns `undefined` with a Java that has none (a JRE): TLC then reports in its own time.
 */
export async function prepareLiveProgress(java: Java, signal?: AbortSignal): Promise<LiveProgress | undefined> {
  const classPath = await mkdtemp(join(tmpdir(), 'crossbound-live-'));
  const forget = onExit(() => rmSync(classPath, { recursive: true, force: true }));
  const dispose = async (): Promise<void> => {
    forget();
    await rm(classPath, { recursive: true, force: true });
  };
  try {
    const file = join(classPath, `${mainClass}.java`);
    await writeFile(file, source);
    const compiler = ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '--release', '11', '-d', classPath, file];
    const { code } = await runToEnd(java.command, compiler, { signal, timeoutMs: compileTimeoutMs });
    if (code === 0) return { classPath, mainClass, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    signal?.throwIfAborted();
    if (!(error instanceof Error && error.name === 'TimeoutError')) throw error;
    return undefined;
  }
  await dispose();
  return undefined;
}
