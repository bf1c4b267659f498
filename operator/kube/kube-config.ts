/** Chooses how the API server is reached: by a kubeconfig where one is named, as a pod otherwise. */
import type { Clock } from '#shared/clock/clock.ts';
import { ConfigError } from '#shared/errors/config-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { inClusterAccess, serviceAccountFolder } from './in-cluster-access.ts';
import { kubeconfigAccess } from './kubeconfig-access.ts';

export interface ClusterAccessOptions {
  /** Files as KUBECONFIG names them; `''`: the ServiceAccount of the pod. */
  readonly kubeconfig: string;
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which the kubelet sets in each container. */
  readonly inCluster: { readonly host: string; readonly port: string };
  readonly clock: Clock;
}

/** Throws ConfigError when there is no way, or one without verification. Asks nobody. */
export async function loadClusterAccess({
  kubeconfig,
  inCluster,
  clock,
}: ClusterAccessOptions): Promise<ClusterAccess> {
  if (kubeconfig !== '') return kubeconfigAccess(kubeconfig);
  const { host, port } = inCluster;
  if (host === '' || port === '') {
    throw new ConfigError(['--kubeconfig: needed outside of a pod (KUBERNETES_SERVICE_HOST is not set).']);
  }
  return inClusterAccess({ host, port, folder: serviceAccountFolder, clock });
}
