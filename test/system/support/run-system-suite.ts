/** Sees to it that there can be a whole cluster, runs the tests that need one, or says that they were not run. */
import { join } from 'node:path';
import type { Counts } from '../../../scripts/counts.ts';
import { type OptionalSuite, runOptionalSuite } from '../../support/run-optional-suite.ts';
import { prepareCluster, whyNoCluster } from './prepare-cluster.ts';

/** Resolves with what ran. */
export function runSystemSuite(options: Pick<OptionalSuite, 'env' | 'isAskedFor' | 'print' | 'run'>): Promise<Counts> {
  const { env, print } = options;
  return runOptionalSuite({
    ...options,
    name: 'tests on a whole cluster',
    folder: join(import.meta.dirname, '..'),
    whyNot: () => whyNoCluster(env),
    prepare: () => prepareCluster(env, print),
  });
}
