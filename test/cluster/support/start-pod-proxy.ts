/** A real proxy in this process under the identity of a Pod object: a token bound to it, and the trust bundle of its namespace. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultTokenAudience } from '#shared/push/push-channel.ts';
import { startClusterProxy, type ClusterProxy } from '../../support/start-cluster-proxy.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';

export interface PodProxyOptions {
  readonly client: ControlPlaneClient;
  readonly namespace: string;
  readonly appId: string;
  /** Of the operator's push server on this machine. */
  readonly operatorPort: number;
  readonly podName?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface PodProxy extends ClusterProxy {
  readonly podName: string;
  readonly podUid: string;
  readonly tokenFile: string;
  readonly caFile: string;
}

export interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string };
}

/** Creates a Pod that has a proxy, by its label; nothing runs it. */
export function createProxyPod(
  options: Pick<PodProxyOptions, 'client' | 'namespace' | 'appId' | 'podName' | 'annotations'>,
): Promise<PodObject> {
  const { client, namespace, appId, podName = `${appId}-pod`, annotations = {} } = options;
  return client.mustRequest<PodObject>({
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      metadata: {
        name: podName,
        labels: { 'dapr.io/sidecar-injected': 'true' },
        annotations: { 'dapr.io/app-id': appId, ...annotations },
      },
      spec: { serviceAccountName: 'default', containers: [{ name: 'app', image: 'registry.local/app:1' }] },
    },
  });
}

/** Resolves with the trust bundle that the operator wrote into a namespace. */
export async function trustBundleOf(client: ControlPlaneClient, namespace: string): Promise<string> {
  let bundle = '';
  await waitUntil(async () => {
    const { status, body } = await client.request<{ readonly data?: Readonly<Record<string, string>> }>({
      path: `/api/v1/namespaces/${namespace}/configmaps/farpoint-trust-bundle`,
    });
    bundle = status === 200 ? (body.data?.['ca.crt'] ?? '') : '';
    return bundle !== '';
  });
  return bundle;
}

/** Creates the Pod and starts its proxy, which ends with the test. Resolves when the proxy listens. */
export async function startPodProxy(options: PodProxyOptions): Promise<PodProxy> {
  const { client, namespace, appId, operatorPort, args = [] } = options;
  const { metadata } = await createProxyPod(options);
  const folder = await temporaryFolder();
  const tokenFile = join(folder, 'token');
  const caFile = join(folder, 'ca.crt');
  const { name, uid } = metadata;
  const token = await client.tokenFor({
    namespace,
    serviceAccount: 'default',
    pod: { name, uid },
    audience: defaultTokenAudience,
  });
  await writeFile(tokenFile, token);
  await writeFile(caFile, await trustBundleOf(client, namespace));
  const proxy = await startClusterProxy({
    address: `localhost:${operatorPort}`,
    tokenFile,
    caFile,
    args: [`--app-id=${appId}`, ...args],
    env: { NAMESPACE: namespace },
  });
  return { ...proxy, podName: name, podUid: uid, tokenFile, caFile };
}
