/** Vitest's global setup: one control plane, with Farpoint's CRDs, for all files of a run. */
import type { TestProject } from 'vitest/node';
import { installCrds } from './install-crds.ts';
import { startControlPlane } from './start-control-plane.ts';

/** Called once before the first file; what it returns is called after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane();
  try {
    await installCrds(controlPlane);
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
  project.provide('controlPlane', controlPlane.access);
  return () => controlPlane.stop();
}
