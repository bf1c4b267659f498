/** From `kubectl apply` to a call: the real API server, operator, push channel and proxy, and a real upstream over mutual TLS. */
import { beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { ask, type Answer } from '../support/ask.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { clientNameOf, serverIdentity, startTlsUpstream, type TlsUpstream } from '../support/start-tls-upstream.ts';
import { endpointManifest, secretManifest, type EndpointOptions } from '../support/tls-manifests.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';
import { startPodProxy, type PodProxy } from './support/start-pod-proxy.ts';

const client = sharedControlPlane();
let authority: CertificateAuthority;

beforeAll(async () => {
  authority = await CertificateAuthority.create('upstreams');
});

interface Site {
  readonly namespace: string;
  readonly operator: ClusterOperator;
  readonly upstream: TlsUpstream;
}

/** An operator for one namespace, and an upstream that demands a client certificate and says who called with what token. */
async function startSite(): Promise<Site> {
  const namespace = await client.createNamespace('call');
  const operator = await startReadyOperator({
    kubeconfig: client.access.kubeconfigPath,
    namespace,
    watchNamespaces: [namespace],
  });
  return { namespace, operator, upstream: await startStrictUpstream() };
}

async function startStrictUpstream(): Promise<TlsUpstream> {
  const options = {
    ...(await serverIdentity(authority)),
    ca: authority.certificatePem,
    requestCert: true,
  };
  return startTlsUpstream(options, ({ socket, headers }, response) => {
    response.end(JSON.stringify({ client: clientNameOf(socket), token: headers['x-token'] ?? '' }));
  });
}

function proxyFor({ namespace, operator }: Site, appId = 'orders'): Promise<PodProxy> {
  return startPodProxy({ client, namespace, appId, operatorPort: operator.running.pushPort });
}

function endpointTo({ upstream }: Pick<Site, 'upstream'>, options: Partial<EndpointOptions> = {}): string {
  return endpointManifest({
    name: 'far',
    baseUrl: upstream.origin,
    headers: { 'X-Token': { secret: 'far', key: 'token' } },
    rootCa: { value: authority.certificatePem },
    certificate: { secret: 'far', key: 'tls.crt' },
    privateKey: { secret: 'far', key: 'tls.key' },
    ...options,
  });
}

async function secretWith(token: string, clientName = 'orders'): Promise<string> {
  const { chainPem, privateKeyPem } = await authority.issueClient({ name: clientName });
  return secretManifest('far', { token, 'tls.crt': chainPem, 'tls.key': privateKeyPem });
}

function call(proxy: PodProxy, name = 'far'): Promise<Answer> {
  return ask(proxy.port, { path: `/v1.0/invoke/${name}/method/x` });
}

async function untilAnswer(proxy: PodProxy, expected: Partial<Answer>, name = 'far'): Promise<void> {
  await waitUntil(async () => {
    const answer = await call(proxy, name);
    return Object.entries(expected).every(([field, value]) => answer[field as keyof Answer] === value);
  });
}

const answered = (token: string, clientName = 'orders'): Partial<Answer> => ({
  status: 200,
  body: JSON.stringify({ client: clientName, token }),
});

describe('an applied HTTPEndpoint', () => {
  test('is called with the header and the client certificate of its Secret', async () => {
    const site = await startSite();
    const proxy = await proxyFor(site);
    await client.apply(await secretWith('one'), site);
    await client.apply(endpointTo(site), site);
    await untilAnswer(proxy, answered('one'));
    expect((await call(proxy, 'other')).status).toBe(404);
  });
});
