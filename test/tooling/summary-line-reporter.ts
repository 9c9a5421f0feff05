import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run's output with `N passed, N failed, N skipped`, alone on the last line, for a CI that reads it.
 *
 * What fails outside a test, such as a file that does not load or a run without tests, counts as failed too, so that
 * `0 failed` and exit code 0 always go together. Written at exit, because other reporters write until then.
 */
export default class SummaryLineReporter implements Reporter {
  #counts = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    process.once('exit', (code) => {
      const { passed, failed, skipped } = this.#counts;
      process.stdout.write(`${passed} passed, ${code === 0 ? failed : Math.max(failed, 1)} failed, ${skipped} skipped\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test that never finished, because its file or the run was cut short, did not pass.
        counts[state === 'pending' ? 'failed' : state] += 1;
      }
      if (module.state() === 'failed' && counts.failed === before) counts.failed += 1;
    }
    this.#counts = counts;
  }
}
