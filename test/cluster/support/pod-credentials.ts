/** What the proxy of a Pod has to show, and whom it trusts, without the proxy: for clients that keep every byte. */
import { defaultTokenAudience } from '#shared/push/push-channel.ts';
import type { PushTarget } from '../../support/push-reader.ts';
import { createProxyPod, trustBundleOf, type PodProxyOptions } from './start-pod-proxy.ts';

export interface PodCredentials {
  readonly podName: string;
  readonly podUid: string;
  readonly token: string;
  readonly target: PushTarget;
}

/** Creates the Pod; nothing runs it. Resolves when its namespace has the trust bundle. */
export async function createPodCredentials(options: Omit<PodProxyOptions, 'args'>): Promise<PodCredentials> {
  const { client, namespace, operatorPort } = options;
  const { name, uid } = (await createProxyPod(options)).metadata;
  const token = await client.tokenFor({
    namespace,
    serviceAccount: 'default',
    pod: { name, uid },
    audience: defaultTokenAudience,
  });
  const caPem = await trustBundleOf(client, namespace);
  return { podName: name, podUid: uid, token, target: { port: operatorPort, caPem } };
}
