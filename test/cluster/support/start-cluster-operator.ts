/** A real operator in this process, against a real API server, on free ports. */
import { onTestFinished } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import type { RunningOperator } from '../../../operator/running-operator.ts';
import { startOperator } from '../../../operator/start-operator.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { operatorOnLoopback } from '../../support/operator-on-loopback.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

export interface ClusterOperatorOptions {
  readonly kubeconfig: string;
  /** The operator's own. */
  readonly namespace: string;
  /** Of a control plane that others use too, name yours. Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly args?: readonly string[];
}

export interface ClusterOperator {
  readonly running: RunningOperator;
  readonly lines: readonly LogLine[];
  /** Ends it before the test does. */
  stop(): Promise<void>;
}

/** Starts an operator; it ends with the test. Does not wait until it is ready. */
export async function startClusterOperator(options: ClusterOperatorOptions): Promise<ClusterOperator> {
  const { kubeconfig, namespace, watchNamespaces, args = [] } = options;
  const settings = operatorSettingsFrom(
    [
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      `--watch-namespaces=${watchNamespaces.join(',')}`,
      ...operatorOnLoopback,
      '--shutdown-grace=1s',
      ...args,
    ],
    {},
  );
  const lines: LogLine[] = [];
  const running = await startOperator(settings, { logger: memoryLogger(lines), clock: systemClock, version: 'test' });
  const stop = async (): Promise<void> => {
    running.shutdown();
    await running.ended;
  };
  onTestFinished(stop);
  return { running, lines, stop };
}

/** Starts one and resolves when it serves proxies. */
export async function startReadyOperator(options: ClusterOperatorOptions): Promise<ClusterOperator> {
  const operator = await startClusterOperator(options);
  await waitUntil(() => operator.running.isReady());
  return operator;
}
