/** Vitest's global setup: one cluster for all files of a run. */
import type { TestProject } from 'vitest/node';
import { startCluster } from './start-cluster.ts';

/** Called once before the first file; what it returns is called after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster();
  project.provide('cluster', cluster.access);
  return () => cluster.stop();
}
