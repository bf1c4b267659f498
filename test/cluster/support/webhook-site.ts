/** A namespace whose Pods and endpoints a real API server asks an operator of this process about, by the operator's webhooks. */
import { onTestFinished } from 'vitest';
import { injectorMatchConditions } from '../../../operator/admission/match-conditions.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';
import { freePort } from './free-port.ts';
import { installFarpoint } from './install-farpoint.ts';
import { startReadyOperator, type ClusterOperator } from './start-cluster-operator.ts';

export type WebhookKind = 'Mutating' | 'Validating';

export interface WebhookSite {
  readonly namespace: string;
  /** The first; `start` gives others. */
  readonly operator: ClusterOperator;
  /** Of both webhook configurations. */
  readonly configurationName: string;
  /** Starts another operator at the same port. */
  start(): Promise<ClusterOperator>;
  /** The CA bundle that the API server has; `''`: none. */
  caBundle(kind: WebhookKind): Promise<string>;
  /** Changes it, as somebody else would. */
  setCaBundle(kind: WebhookKind, caBundle: string): Promise<void>;
}

interface StoredConfiguration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

/** Installs and starts it all; it ends with the test. Resolves when both webhooks refuse what they should. */
export async function startWebhookSite(client: ControlPlaneClient, args: readonly string[] = []): Promise<WebhookSite> {
  const namespace = await client.createNamespace('hooks');
  const configurationName = `farpoint-${namespace}`;
  const port = await freePort();
  const { kubeconfigPath } = await installFarpoint(client, {
    namespace,
    watchNamespaces: [namespace],
    grants: { injectorName: configurationName, validatorName: configurationName },
  });
  for (const kind of ['Mutating', 'Validating'] as const) {
    const body = configuration(kind, { name: configurationName, namespace, port });
    await client.mustRequest({ path: collectionOf(kind), body });
    onTestFinished(async () => {
      await client.request({ method: 'DELETE', path: `${collectionOf(kind)}/${configurationName}` });
    });
  }
  const start = (): Promise<ClusterOperator> =>
    startReadyOperator({
      kubeconfig: kubeconfigPath,
      namespace,
      watchNamespaces: [namespace],
      args: [
        '--proxy-image=registry.local/farpoint-proxy:test',
        `--webhook-port=${port}`,
        `--injector-name=${configurationName}`,
        `--validator-name=${configurationName}`,
        ...args,
      ],
    });
  const caBundle: WebhookSite['caBundle'] = async (kind) => {
    const path = `${collectionOf(kind)}/${configurationName}`;
    const { body } = await client.request<StoredConfiguration>({ path });
    return body.webhooks[0]?.clientConfig.caBundle ?? '';
  };
  const operator = await start();
  // The leader writes whom to trust, and the API server takes a moment to know it.
  const isRefused = async (path: string, body: object): Promise<boolean> =>
    (await client.request({ method: 'POST', path: `${path}?dryRun=All`, body })).status === 422;
  await waitUntil(() => isRefused(`/api/v1/namespaces/${namespace}/pods`, refusedPod));
  await waitUntil(() => isRefused(`/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints`, refusedEndpoint));
  return {
    namespace,
    operator,
    configurationName,
    start,
    caBundle,
    setCaBundle: async (kind, text) => {
      await client.mustRequest({
        method: 'PATCH',
        path: `${collectionOf(kind)}/${configurationName}`,
        contentType: 'application/json-patch+json',
        body: [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: text }],
      });
    },
  };
}

const refusedPod = {
  metadata: { name: 'probe', annotations: { 'dapr.io/enabled': 'perhaps' } },
  spec: { containers: [{ name: 'app', image: 'registry.local/app:1' }] },
};

const refusedEndpoint = {
  apiVersion: 'dapr.io/v1alpha1',
  kind: 'HTTPEndpoint',
  metadata: { name: 'probe' },
  spec: { baseUrl: 'https://far.example', headers: [{ name: 'A', value: 'one\ntwo' }] },
};

function collectionOf(kind: WebhookKind): string {
  return `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`;
}

/** As in the chart, but by URL, and for one namespace. */
function configuration(
  kind: WebhookKind,
  { name, namespace, port }: { readonly name: string; readonly namespace: string; readonly port: number },
): object {
  const isMutating = kind === 'Mutating';
  const common = {
    clientConfig: { url: `https://localhost:${port}${isMutating ? '/inject' : '/validate'}` },
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 10,
  };
  const injector = {
    ...common,
    name: 'injector.farpoint.dev',
    sideEffects: 'NoneOnDryRun',
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
    matchConditions: injectorMatchConditions(['dapr.io', 'farpoint.dev']),
    failurePolicy: 'Fail',
    reinvocationPolicy: 'IfNeeded',
  };
  const resources = ['httpendpoints', 'configurations', 'components', 'resiliencies'];
  const validator = {
    ...common,
    name: 'validator.farpoint.dev',
    sideEffects: 'None',
    rules: [{ apiGroups: ['dapr.io'], apiVersions: ['v1alpha1'], resources, operations: ['CREATE', 'UPDATE'] }],
    failurePolicy: 'Ignore',
  };
  return { metadata: { name }, webhooks: [isMutating ? injector : validator] };
}
