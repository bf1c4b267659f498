/** An operator for one namespace with exactly the permissions that it declares, and proxies of its Pods. */
import { ask, type Answer } from '../../support/ask.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';
import { endpointViewer, type EndpointViewer } from './endpoint-status.ts';
import { installFarpoint, type InstallOptions } from './install-farpoint.ts';
import { startReadyOperator, type ClusterOperator } from './start-cluster-operator.ts';
import { startPodProxy, type PodProxy } from './start-pod-proxy.ts';

export interface CallSite {
  readonly namespace: string;
  readonly operator: ClusterOperator;
  /** By kubectl, as its user. */
  apply(...objects: readonly object[]): Promise<void>;
  remove(kind: string, name: string): Promise<void>;
  /** A proxy of this app; `configuration`: the one that its Pod names. */
  proxyFor(appId: string, configuration?: string): Promise<PodProxy>;
  viewer(plural: string): EndpointViewer;
}

/** Starts the operator; it ends with the test. */
export async function startCallSite(
  client: ControlPlaneClient,
  prefix: string,
  { crds = 'ours' }: Pick<InstallOptions, 'crds'> = {},
): Promise<CallSite> {
  const namespace = await client.createNamespace(prefix);
  const watchNamespaces = [namespace];
  const { kubeconfigPath } = await installFarpoint(client, { namespace, watchNamespaces, crds });
  const operator = await startReadyOperator({ kubeconfig: kubeconfigPath, namespace, watchNamespaces });
  return {
    namespace,
    operator,
    async apply(...objects) {
      await client.apply(objects.map((object) => JSON.stringify(object)).join('\n---\n'), { namespace });
    },
    async remove(kind, name) {
      const { code, stderr } = await client.kubectl(['delete', kind, name, `--namespace=${namespace}`]);
      if (code !== 0) throw new Error(stderr);
    },
    proxyFor: (appId, configuration = '') =>
      startPodProxy({
        client,
        namespace,
        appId,
        operatorPort: operator.running.pushPort,
        annotations: configuration === '' ? {} : { 'dapr.io/config': configuration },
      }),
    viewer: (plural) => endpointViewer(client, namespace, plural),
  };
}

/** An object of dapr.io. */
export function daprObject(kind: string, name: string, fields: object): object {
  return { apiVersion: 'dapr.io/v1alpha1', kind, metadata: { name }, ...fields };
}

/** Calls a target by its name. */
export function callTarget({ port }: PodProxy, name: string, path = 'x'): Promise<Answer> {
  return ask(port, { path: `/v1.0/invoke/${name}/method/${path}` });
}

/** Calls until the answer is as it should be, and gives it. */
export async function untilAnswered(
  call: () => Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
): Promise<Answer> {
  let answer = await call();
  await waitUntil(async () => {
    if (isWanted(answer)) return true;
    answer = await call();
    return isWanted(answer);
  });
  return answer;
}
