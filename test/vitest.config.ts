import { defineConfig } from 'vitest/config';
import { TestCounts } from '../scripts/test-counts.ts';

export default defineConfig({
  cacheDir: '../.run/vite',
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // These need a real API server or a whole cluster, and have configurations of their own.
    exclude: ['cluster/**', 'system/**'],
    reporters: ['default', new TestCounts('test-main')],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    fileParallelism: true,
    maxWorkers: 2,
    passWithNoTests: false,
    allowOnly: false,
  },
});
