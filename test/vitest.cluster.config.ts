import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { TestCounts } from '../scripts/test-counts.ts';

/** The tests on a real API server, which they share. test/run-tests.ts sees to it that there is one. */
export default defineConfig({
  cacheDir: '../.run/vite',
  test: {
    root: import.meta.dirname,
    include: ['cluster/**/*.test.ts'],
    globalSetup: [join(import.meta.dirname, 'cluster/support/shared-control-plane-setup.ts')],
    reporters: ['default', new TestCounts('test-cluster')],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: true,
    maxWorkers: 2,
    passWithNoTests: false,
    allowOnly: false,
  },
});
