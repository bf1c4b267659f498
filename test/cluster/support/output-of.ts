/** All that an operator shows: its log down to the last detail, errors and their causes included, and its metrics. */
import { inspect } from 'node:util';
import { ask } from '../../support/ask.ts';
import type { ClusterOperator } from './start-cluster-operator.ts';

/** Throws when the log or the metrics are not what they look like. */
export async function outputOf({ running, lines }: ClusterOperator): Promise<string> {
  const metrics = (await ask(running.metricsPort, { path: '/metrics' })).body;
  const log = inspect(lines, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity });
  if (!log.includes('operator is ready')) throw new Error('the log does not say that the operator is ready');
  if (!metrics.includes('farpoint_operator_')) throw new Error('the metrics are not those of an operator');
  return `${log}\n${metrics}`;
}
