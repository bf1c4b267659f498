/**
 * A Pod object that nothing runs, and the two files that the kubelet would give its proxy: a token bound to it, renewed
 * before it expires, and the operator's trust bundle.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { defaultTokenAudience } from '#shared/push/push-channel.ts';
import type { ControlPlaneClient } from '../support/connect-control-plane.ts';

export interface PodIdentityOptions {
  readonly client: ControlPlaneClient;
  readonly namespace: string;
  readonly appId: string;
  /** Where the files go. */
  readonly folder: string;
  /** Takes a sentence when the files could not be renewed. */
  readonly report: (line: string) => void;
}

export interface PodIdentity {
  readonly podName: string;
  readonly tokenFile: string;
  readonly caFile: string;
  /** Ends the renewal. */
  stop(): void;
}

const tokenSeconds = 3_600;
/** As the kubelet: long before the token expires, so that a failure leaves time for another try. */
const renewEveryMs = 10 * 60_000;
const bundleTimeoutMs = 60_000;

/** Creates the Pod and writes its files; resolves when the operator has written the trust bundle. */
export async function createPodIdentity(options: PodIdentityOptions): Promise<PodIdentity> {
  const { client, namespace, appId, folder, report } = options;
  const podName = `${appId}-0`;
  const pod = await client.mustRequest<{ readonly metadata: { readonly uid: string } }>({
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      metadata: {
        name: podName,
        labels: { app: appId, 'dapr.io/sidecar-injected': 'true' },
        annotations: { 'dapr.io/enabled': 'true', 'dapr.io/app-id': appId },
      },
      spec: { serviceAccountName: 'default', containers: [{ name: 'app', image: 'registry.local/app:1' }] },
    },
  });
  const tokenFile = join(folder, 'token');
  const caFile = join(folder, 'ca.crt');
  const renew = async (): Promise<void> => {
    const token = await client.tokenFor({
      namespace,
      serviceAccount: 'default',
      pod: { name: podName, uid: pod.metadata.uid },
      audience: defaultTokenAudience,
      expirationSeconds: tokenSeconds,
    });
    await replaceFile(tokenFile, token);
    await replaceFile(caFile, await trustBundle(client, namespace));
  };
  await renew();
  const timer = setInterval(() => {
    renew().catch((error: unknown) => report(`the token of Pod ${podName} was not renewed: ${String(error)}`));
  }, renewEveryMs);
  return { podName, tokenFile, caFile, stop: () => clearInterval(timer) };
}

async function trustBundle(client: ControlPlaneClient, namespace: string): Promise<string> {
  const deadline = performance.now() + bundleTimeoutMs;
  for (;;) {
    const { status, body } = await client.request<{ readonly data?: Readonly<Record<string, string>> }>({
      path: `/api/v1/namespaces/${namespace}/configmaps/farpoint-trust-bundle`,
    });
    const bundle = status === 200 ? body.data?.['ca.crt'] : undefined;
    if (bundle !== undefined) return bundle;
    if (performance.now() > deadline) throw new Error(`the operator wrote no trust bundle into ${namespace}`);
    await pause(50);
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
