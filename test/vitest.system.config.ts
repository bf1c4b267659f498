import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { TestCounts } from '../scripts/test-counts.ts';

/** The tests on a whole cluster, which they share. test/run-tests.ts sees to it that there can be one. */
export default defineConfig({
  cacheDir: '../.run/vite',
  test: {
    root: import.meta.dirname,
    include: ['system/**/*.test.ts'],
    globalSetup: [join(import.meta.dirname, 'system/support/shared-cluster-setup.ts')],
    reporters: ['default', new TestCounts('test-system')],
    // Waits inside say what did not come; these are for two busy cores, on which the first hook also builds the images.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    passWithNoTests: false,
    allowOnly: false,
  },
});
