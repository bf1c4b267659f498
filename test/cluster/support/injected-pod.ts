/** Pod objects on an API server where nothing runs. */
import type { ControlPlaneClient } from './connect-control-plane.ts';

export interface PodObjectFields {
  readonly namespace: string;
  readonly name: string;
  readonly appId?: string;
  /** Whether it has the labels that come with a proxy. Defaults to true. */
  readonly isInjected?: boolean;
  /** Without a prefix. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** With its uid. */
  readonly controller?: null | {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
  };
}

/** Makes one that asks for a proxy. */
export async function createPod(client: ControlPlaneClient, fields: PodObjectFields): Promise<void> {
  const { namespace, name, appId = 'orders', isInjected = true, annotations = {}, labels = {}, controller } = fields;
  const asked = { enabled: 'true', 'app-id': appId, ...annotations };
  const injected = { 'dapr.io/sidecar-injected': 'true', 'dapr.io/app-id': appId };
  await client.mustRequest({
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      metadata: {
        name,
        labels: { ...labels, ...(isInjected && injected) },
        annotations: Object.fromEntries(Object.entries(asked).map(([key, text]) => [`dapr.io/${key}`, text])),
        ...(controller && { ownerReferences: [{ ...controller, controller: true }] }),
      },
      spec: { containers: [{ name: 'app', image: 'app.example/app:1' }] },
    },
  });
}
