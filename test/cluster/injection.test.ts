/** The real API server asks the operator about Pods: who gets a proxy, who is refused, and what that costs the others. */
import { createServer } from 'node:https';
import { json } from 'node:stream/consumers';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { ask } from '../support/ask.ts';
import { parseExposition } from '../support/exposition.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { listenUntilTestEnds } from '../support/start-upstream.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import type { ClusterOperator } from './support/start-cluster-operator.ts';
import { startWebhookSite, type WebhookSite } from './support/webhook-site.ts';

const client = sharedControlPlane();
afterAll(() => client.close());

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

interface StoredPod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly containers: readonly Container[]; readonly initContainers?: readonly Container[] };
}

const annotated = { 'dapr.io/enabled': 'true', 'dapr.io/app-id': 'orders' };

function podManifest(name: string, annotations: Readonly<Record<string, string>>, metadata: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations, ...metadata },
    spec: { containers: [{ name: 'app', image: 'registry.local/app:1' }] },
  });
}

interface Said {
  readonly code: number | null;
  readonly said: string;
}

async function create({ namespace }: WebhookSite, manifest: string, flags: readonly string[] = []): Promise<Said> {
  const { code, stdout, stderr } = await client.kubectl(['create', `-n=${namespace}`, '-f', '-', ...flags], {
    stdin: manifest,
  });
  return { code, said: stdout + stderr };
}

async function stored({ namespace }: WebhookSite, name: string): Promise<StoredPod> {
  const { body } = await client.request<StoredPod>({ path: `/api/v1/namespaces/${namespace}/pods/${name}` });
  return body;
}

function namesOf(containers: readonly Container[] = []): readonly string[] {
  return containers.map(({ name }) => name);
}

/** `injected  2`, and so on. */
async function injections({ running }: ClusterOperator): Promise<readonly string[]> {
  const families = parseExposition((await ask(running.metricsPort, { path: '/metrics' })).body);
  const samples = families.get('farpoint_operator_injections_total')?.samples ?? [];
  return samples.map(({ labels, value }) => `${labels['outcome'] ?? ''} ${labels['reason'] ?? ''} ${value}`);
}

async function eventsIn({ namespace }: WebhookSite): Promise<readonly string[]> {
  const { body } = await client.request<{ readonly items: readonly { readonly reason: string }[] }>({
    path: `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  });
  return body.items.map(({ reason }) => reason);
}

describe('a Pod that asks for a proxy', () => {
  test('gets one, and keeps what it had', async () => {
    const site = await startWebhookSite(client);
    expect(await create(site, podManifest('orders', annotated))).toMatchObject({ code: 0 });
    const { metadata, spec } = await stored(site, 'orders');
    expect(metadata.labels).toMatchObject({ 'dapr.io/sidecar-injected': 'true', 'dapr.io/app-id': 'orders' });
    expect(namesOf(spec.initContainers)).toEqual(['daprd']);
    expect(namesOf(spec.containers)).toEqual(['app']);
    expect(spec.containers[0]?.env).toContainEqual({ name: 'DAPR_HTTP_PORT', value: '3500' });
    // The API server adds the volume of the ServiceAccount to the new container, and asks again.
    expect(await injections(site.operator)).toEqual(
      expect.arrayContaining(['injected  1', 'skipped AlreadyInjected 1']),
    );
  });

  test('is refused when its annotations cannot be used, with every sentence', async () => {
    const site = await startWebhookSite(client);
    const wrong = { ...annotated, 'dapr.io/app-port': 'eighty', 'farpoint.dev/metrics-port': '-3' };
    const { code, said } = await create(site, podManifest('orders', wrong));
    expect(code).toBe(1);
    expect(said).toContain('admission webhook "injector.farpoint.dev" denied the request: ');
    expect(said).toContain('dapr.io/app-port');
    expect(said).toContain('farpoint.dev/metrics-port');
    expect((await create(site, podManifest('other', { 'dapr.io/enabled': 'maybe' }))).said).toContain('"maybe"');
  });

  test('is told what has no effect', async () => {
    const site = await startWebhookSite(client);
    const doubtful = { ...annotated, 'farpoint.dev/app-prot': '80' };
    const { code, said } = await create(site, podManifest('orders', doubtful), ['--dry-run=server']);
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('Warning: ') as string });
    expect(said).toContain('farpoint.dev/app-port');
  });
});

describe('while no operator runs', () => {
  test('Pods that ask for no proxy start all the same, and the others are refused and told why', async () => {
    const site = await startWebhookSite(client);
    const before = await injections(site.operator);
    expect(await create(site, podManifest('plain', {}))).toMatchObject({ code: 0 });
    expect(await create(site, podManifest('no', { 'dapr.io/enabled': 'False' }))).toMatchObject({ code: 0 });
    expect(await injections(site.operator)).toEqual(before);
    await site.operator.stop();
    expect(await create(site, podManifest('plain-2', { 'dapr.io/app-id': 'orders' }))).toMatchObject({ code: 0 });
    expect(await create(site, podManifest('no-2', { 'farpoint.dev/enabled': 'off' }))).toMatchObject({ code: 0 });
    const { code, said } = await create(site, podManifest('orders', annotated));
    expect(code).toBe(1);
    expect(said).toMatch(/failed calling webhook "injector\.farpoint\.dev".*connection refused/);
    await site.start();
    expect(await create(site, podManifest('orders', annotated))).toMatchObject({ code: 0 });
  });
});

test('a webhook of somebody else that adds a container after the proxy: one proxy, and variables for the new one', async () => {
  const site = await startWebhookSite(client);
  await startLateWebhook(site);
  expect(await create(site, podManifest('orders', annotated))).toMatchObject({ code: 0 });
  const { spec } = await stored(site, 'orders');
  expect(namesOf(spec.initContainers)).toEqual(['daprd']);
  expect(namesOf(spec.containers)).toEqual(['app', 'late']);
  expect(spec.containers[1]?.env).toContainEqual({ name: 'DAPR_HTTP_PORT', value: '3500' });
  expect(await injections(site.operator)).toEqual(expect.arrayContaining(['injected  1', 'skipped AlreadyInjected 1']));
});

describe('Events', () => {
  test('of a refusal are about the controller, where kubectl describe shows them', async () => {
    const site = await startWebhookSite(client);
    const { namespace } = site;
    const labels = { app: 'orders' };
    const { metadata } = await client.mustRequest<{ readonly metadata: { readonly uid: string } }>({
      path: `/apis/apps/v1/namespaces/${namespace}/replicasets`,
      body: {
        metadata: { name: 'orders' },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'registry.local/app:1' }] } },
        },
      },
    });
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders', uid: metadata.uid, controller: true };
    const wrong = podManifest('orders-1', { ...annotated, 'dapr.io/app-port': 'eighty' }, { ownerReferences: [owner] });
    await create(site, wrong, ['--dry-run=server']);
    for (let tries = 0; tries < 3; tries += 1) expect(await create(site, wrong)).toMatchObject({ code: 1 });
    await waitUntil(async () => (await eventsIn(site)).includes('PodRefused'));
    expect((await eventsIn(site)).filter((reason) => reason === 'PodRefused')).toHaveLength(1);
    const { stdout } = await client.kubectl(['describe', 'replicaset', 'orders', `-n=${namespace}`]);
    expect(stdout).toMatch(/Warning\s+PodRefused.*dapr\.io\/app-port/);
  });

  test('of a Pod that goes without: another proxy is there', async () => {
    const site = await startWebhookSite(client);
    const manifest = podManifest('orders', annotated).replace('"name":"app"', '"name":"daprd"');
    expect(await create(site, manifest)).toMatchObject({
      code: 0,
      said: expect.stringContaining('Warning: the pod gets no proxy: ') as string,
    });
    await waitUntil(async () => (await eventsIn(site)).includes('ProxyNotInjected'));
    const { stdout } = await client.kubectl(['events', '--for=pod/orders', `-n=${site.namespace}`]);
    expect(stdout).toContain('daprd');
  });
});

test('the CA bundle is repaired when somebody changes it', async () => {
  const site = await startWebhookSite(client);
  const bundle = await site.caBundle('Mutating');
  expect(await site.caBundle('Validating')).toBe(bundle);
  const other = await CertificateAuthority.create('another');
  await site.setCaBundle('Mutating', Buffer.from(other.certificatePem).toString('base64'));
  const isTaken = async (): Promise<boolean> =>
    (await create(site, podManifest('orders', annotated), ['--dry-run=server'])).code === 0;
  await waitUntil(async () => !(await isTaken()));
  await waitUntil(async () => (await site.caBundle('Mutating')) === bundle);
  await waitUntil(isTaken);
});

/** Adds a container to each Pod, after the proxy has come: the API server asks in the order of the configurations' names. */
async function startLateWebhook({ namespace }: WebhookSite): Promise<void> {
  const authority = await CertificateAuthority.create('late');
  const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: ['localhost'] });
  const server = createServer({ cert: chainPem, key: privateKeyPem }, (request, response) => {
    void answerLate(request).then((review) => response.end(review));
  });
  const port = await listenUntilTestEnds(server);
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  const name = `late-${namespace}`;
  const clientConfig = {
    url: `https://localhost:${port}/`,
    caBundle: Buffer.from(authority.certificatePem).toString('base64'),
  };
  const webhook = {
    name: 'late.example.com',
    clientConfig,
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
  };
  await client.mustRequest({ path, body: { metadata: { name }, webhooks: [webhook] } });
  onTestFinished(async () => {
    await client.request({ method: 'DELETE', path: `${path}/${name}` });
  });
  // The API server takes a moment to know it.
  await waitUntil(async () => {
    const probe = podManifest('probe', {});
    const { said } = await create({ namespace } as WebhookSite, probe, ['--dry-run=server', '-o=json']);
    return said.includes('"late"');
  });
}

async function answerLate(request: NodeJS.ReadableStream): Promise<string> {
  const review = (await json(request)) as { readonly request: { readonly uid: string } };
  const value = { name: 'late', image: 'registry.local/late:1' };
  const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/spec/containers/-', value }])).toString('base64');
  const answer = { uid: review.request.uid, allowed: true, patchType: 'JSONPatch', patch };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer });
}
