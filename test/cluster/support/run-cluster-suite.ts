/** Sees to it that there is a control plane, runs the tests that need one, or says that they were not run. */
import { join } from 'node:path';
import type { Counts } from '../../../scripts/counts.ts';
import { type OptionalSuite, runOptionalSuite } from '../../support/run-optional-suite.ts';
import { findHelm, isHelmWithinReach } from './find-helm.ts';
import { findControlPlane, lookForControlPlane } from './find-control-plane.ts';
import { findOpa, isOpaWithinReach } from './find-opa.ts';

export type ClusterSuiteOptions = Pick<OptionalSuite, 'env' | 'isAskedFor' | 'print' | 'run'>;

/** Resolves with what ran. */
export function runClusterSuite(options: ClusterSuiteOptions): Promise<Counts> {
  const { env, print } = options;
  return runOptionalSuite({
    ...options,
    name: 'tests on a real API server',
    folder: join(import.meta.dirname, '..'),
    async whyNot() {
      const outlook = await lookForControlPlane(env);
      return outlook.state === 'unavailable' ? outlook.reason : null;
    },
    async prepare() {
      await findControlPlane(env, print);
      // The tests of the chart and of OPA skip themselves where there is no Go; where there is, nothing is built while tests run.
      if ((env['KUBEBUILDER_ASSETS'] ?? '') !== '') return;
      if (await isHelmWithinReach(env)) await findHelm(env, print);
      if (await isOpaWithinReach(env)) await findOpa(env, print);
    },
  });
}
