/** The identity side of an operator on a real API server, with the operator's own permissions: no tables, no listener. */
import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '#shared/clock/clock.ts';
import { createAuthenticator, type Authenticator } from '../../../operator/identity/authenticator.ts';
import { PodIdentityWatch } from '../../../operator/identity/pod-identity-watch.ts';
import { proxyPodSelector } from '../../../operator/identity/pod-facts.ts';
import { createKubeClient, type ApiServerClient } from '../../../operator/kube/create-kube-client.ts';
import { createListWatch } from '../../../operator/kube/create-list-watch.ts';
import { kubeconfigAccess } from '../../../operator/kube/kubeconfig-access.ts';
import { noListWatchMetrics } from '../../../operator/kube/list-watch-metrics.ts';
import { pods as podType } from '../../../operator/kube/resource-types.ts';
import { KindWatch } from '../../../operator/source/kind-watch.ts';
import { PodStore } from '../../../operator/source/pod-store.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';
import { installFarpoint } from './install-farpoint.ts';

export interface IdentitySite {
  /** The operator's own namespace. */
  readonly namespace: string;
  readonly kube: ApiServerClient;
  readonly pods: PodStore;
  readonly authenticator: Authenticator;
  /** Uids of Pods whose identity is over. */
  readonly ended: readonly string[];
  readonly lines: readonly LogLine[];
  /** Another authenticator with another clock. */
  readonly authenticatorAt: (clock: Clock) => Authenticator;
}

export interface IdentitySiteOptions {
  /** A directory that stays empty is what a watch looks like that is far behind. */
  readonly isWatching?: boolean;
}

/** A connection with the operator's own permissions; it ends with the test. */
export async function operatorKube(cluster: ControlPlaneClient, namespace: string): Promise<ApiServerClient> {
  const { kubeconfigPath } = await installFarpoint(cluster, { namespace });
  const kube = createKubeClient({ access: await kubeconfigAccess(kubeconfigPath), clock: systemClock });
  onTestFinished(() => kube.close());
  return kube;
}

/** Starts it; it ends with the test. */
export async function startIdentitySite(
  cluster: ControlPlaneClient,
  { isWatching = true }: IdentitySiteOptions = {},
): Promise<IdentitySite> {
  const namespace = await cluster.createNamespace('farpoint');
  const kube = await operatorKube(cluster, namespace);
  const pods = new PodStore();
  const lines: LogLine[] = [];
  const ended: string[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  const logger = memoryLogger(lines);
  const annotationPrefixes = ['dapr.io', 'farpoint.dev'];
  const identityWatch = new PodIdentityWatch({ pods, annotationPrefixes, clock: systemClock });
  identityWatch.onEnded((uid) => ended.push(uid));
  identityWatch.run(signal);
  const watch = new KindWatch({
    type: podType,
    namespaces: [''],
    labelSelector: proxyPodSelector,
    isMetadataOnly: true,
    isOptional: false,
    keeper: pods,
    createListWatch: (options) =>
      createListWatch(options, { source: kube, clock: systemClock, logger, metrics: noListWatchMetrics }),
    clock: systemClock,
    logger,
    onProgress: () => undefined,
  });
  const running = isWatching ? watch.run(signal) : Promise.resolve();
  onTestFinished(async () => {
    controller.abort();
    await running;
  });
  if (isWatching) await waitUntil(() => watch.missing === null);
  const authenticatorAt = (clock: Clock): Authenticator =>
    createAuthenticator({
      client: kube,
      pods,
      identityWatch,
      audience: 'farpoint-operator',
      annotationPrefixes,
      watchNamespaces: [],
      serviceAccount: { namespace, name: 'farpoint-operator' },
      clock,
      logger,
      signal,
    });
  return { namespace, kube, pods, authenticator: authenticatorAt(systemClock), ended, lines, authenticatorAt };
}
