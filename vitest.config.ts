import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^crossbound$/, replacement: source('src/index.ts') },
      { find: /^crossbound\/statecharts$/, replacement: source('src/statecharts/index.ts') },
      { find: /^crossbound\/testing$/, replacement: source('models/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**'],
    pool: 'forks',
    // Two cores are what the build machines have; the checks start TLC and PostgreSQL of their own.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', source('test/tooling/summary-line-reporter.ts')],
  },
});
