/** Sees to it that there can be a whole cluster, runs the tests that need one, or says that they were not run. */
import { join } from 'node:path';
import type { Counts } from '../../../scripts/counts.ts';
import { type OptionalSuite, runOptionalSuite } from '../../support/run-optional-suite.ts';
import { prepareCluster, whyNoCluster } from './prepare-cluster.ts';

/** They take as long as everything else together: a plain `make test` is done in ten minutes without them. */
const onlyWhenAsked = 'they take minutes: `make test-system` runs them, and so does CI=true';

/** Resolves with what ran. */
export function runSystemSuite(options: Pick<OptionalSuite, 'env' | 'isAskedFor' | 'print' | 'run'>): Promise<Counts> {
  const { env, isAskedFor, print } = options;
  const isWanted = isAskedFor || env['CI'] === 'true';
  return runOptionalSuite({
    ...options,
    name: 'tests on a whole cluster',
    folder: join(import.meta.dirname, '..'),
    whyNot: async () => (isWanted ? whyNoCluster(env) : onlyWhenAsked),
    prepare: () => prepareCluster(env, print),
  });
}
