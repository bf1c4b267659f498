/** What an operator needs in a cluster: CRDs, its namespace, a ServiceAccount, and exactly the permissions that it declares. */
import { rbacFor, type RbacOptions } from '../../../operator/kube/rbac-for.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';
import type { ControlPlaneAccess } from './control-plane-access.ts';
import { installCrds } from './install-crds.ts';

export interface InstallOptions {
  /** The operator's own; made when it is not there. */
  readonly namespace: string;
  /** Empty: all. */
  readonly watchNamespaces?: readonly string[];
  /** What else it is granted. */
  readonly grants?: Pick<RbacOptions, 'canEvict' | 'ownerClusterRole' | 'injectorName' | 'validatorName'>;
  /** Whose: ours unless the cluster is to keep what it has. */
  readonly crds?: 'ours' | 'as they are';
  /** Where the operator is to reach the API server; a fault proxy, perhaps. */
  readonly server?: Pick<ControlPlaneAccess, 'server' | 'caPem'>;
}

export interface InstalledFarpoint {
  /** Of the operator's ServiceAccount, for a week. */
  readonly kubeconfigPath: string;
}

const serviceAccount = 'farpoint-operator';
const tokenSeconds = 7 * 24 * 3_600;

/** The ClusterRole of the operator in a namespace. */
export function clusterRoleOf(namespace: string): string {
  return `farpoint-operator-${namespace}`;
}

/** Installs it all; installing again changes nothing. */
export async function installFarpoint(
  client: ControlPlaneClient,
  { namespace, watchNamespaces = [], grants = {}, crds = 'ours', server = client.access }: InstallOptions,
): Promise<InstalledFarpoint> {
  if (crds === 'ours') await installCrds(client);
  await apply(client, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await apply(client, `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: serviceAccount },
  });
  // Operators of several tests share a control plane, and each has cluster-wide objects of its own.
  const names = { operatorNamespace: namespace, serviceAccount, namePrefix: clusterRoleOf(namespace) };
  for (const object of rbacFor({ ...names, watchNamespaces, ...grants })) {
    const place = object.metadata.namespace === undefined ? '' : `/namespaces/${object.metadata.namespace}`;
    await apply(client, `/apis/${object.apiVersion}${place}/${object.kind.toLowerCase()}s`, object);
  }
  const token = await client.tokenFor({ namespace, serviceAccount, expirationSeconds: tokenSeconds });
  return { kubeconfigPath: await client.kubeconfigFor({ token }, server) };
}

interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string };
}

async function apply(client: ControlPlaneClient, collection: string, object: Applied): Promise<void> {
  await client.mustRequest({
    method: 'PATCH',
    path: `${collection}/${object.metadata.name ?? ''}?fieldManager=farpoint-install&force=true`,
    contentType: 'application/apply-patch+yaml',
    body: object,
  });
}
