/** helm for the tests of the chart. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { findHelm, isHelmWithinReach } from './find-helm.ts';
import { type HelmOptions, runHelm } from './run-helm.ts';
import type { EndedProgram } from './run-to-end.ts';

/** Runs helm to its end. Does not reject when helm fails. */
export type RunHelm = (args: readonly string[], options?: HelmOptions) => Promise<EndedProgram>;

/** For the tests of a file. `null`: there is neither helm nor Go, and the tests are to be skipped; never where CI runs them. */
export async function helmForTests(): Promise<RunHelm | null> {
  if (process.env['CI'] !== 'true' && !(await isHelmWithinReach())) {
    process.stderr.write(
      '\nSKIPPED: the tests of the chart: HELM names no helm, and no Go is on the PATH to build one.\n',
    );
    return null;
  }
  const program = await findHelm();
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-helm-'));
  afterAll(() => rm(folder, { recursive: true }));
  return (args, options) => runHelm({ program, folder }, args, options);
}
