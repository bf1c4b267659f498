/** Calls of an application in its pod under a Resiliency and through pipelines, while both are changed by kubectl: no pod starts anew. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { endpointManifest, secretManifest } from '../support/tls-manifests.ts';
import { callFromPod, type PodAnswer } from './support/call-from-pod.ts';
import { examplePod } from './support/example-pod.ts';
import { installChart } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeIssuer, startNodeIssuer } from './support/start-node-issuer.ts';
import { startWeakUpstream, type WeakUpstream } from './support/start-weak-upstream.ts';

const cluster = sharedCluster();
const soon = { timeout: 30_000 };
let own: OwnNamespace;
let upstream: WeakUpstream;
let issuer: NodeIssuer;
let authority: CertificateAuthority;
let podsBefore = '';

beforeAll(async () => {
  await installChart(cluster);
  own = await makeOwnNamespace(cluster, 'guarded');
  authority = await CertificateAuthority.create('people');
  [upstream, issuer] = await Promise.all([startWeakUpstream(), startNodeIssuer(authority)]);
  const names = ['flaky', 'slow', 'broken', 'fine'];
  await own.apply(
    ...names.map((name) => endpointManifest({ name, baseUrl: `${upstream.origin}/${name}` })),
    secretManifest('people', { 'ca.crt': authority.certificatePem }),
    ...components(),
    guarded,
    examplePod({ name: 'billing' }),
    examplePod({ name: 'orders', annotations: { 'dapr.io/config': 'guarded' } }),
    examplePod({ name: 'early', annotations: { 'dapr.io/config': 'comes-later' } }),
  );
  await own.kubectl('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=90s');
  podsBefore = await podsAndRestarts();
  return async () => {
    await Promise.all([own.remove(), upstream.close(), issuer.close()]);
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

function daprManifest(kind: string, name: string, fields: object): string {
  return JSON.stringify({ apiVersion: 'dapr.io/v1alpha1', kind, metadata: { name }, ...fields });
}

/** What became of each container, by its id. */
function podsAndRestarts(): Promise<string> {
  const statuses = ['initContainerStatuses', 'containerStatuses'].map((list) => `{.status.${list}[*].containerID}`);
  return own.kubectl('get', 'pods', `--output=jsonpath={range .items[*]}{.metadata.uid} ${statuses.join(' ')};{end}`);
}

const urlOf = (target: string, path: string): string => `http://localhost:3500/v1.0/invoke/${target}/method/${path}`;

describe('a Resiliency', () => {
  let paths = 0;
  const call = (target: string): Promise<PodAnswer> => {
    paths += 1;
    return callFromPod(own, 'billing', urlOf(target, `path-${paths}`));
  };

  const resiliency = (maxRetries: number): string =>
    daprManifest('Resiliency', 'weak', {
      scopes: ['billing'],
      spec: {
        policies: {
          timeouts: { quick: '200ms' },
          retries: { again: { duration: '10ms', maxRetries } },
          circuitBreakers: { careful: { trip: 'consecutiveFailures >= 3', timeout: '5m' } },
        },
        targets: {
          apps: { flaky: { retry: 'again' }, slow: { timeout: 'quick' }, broken: { circuitBreaker: 'careful' } },
        },
      },
    });

  test('lets calls survive an upstream that flaps', async () => {
    expect(await call('flaky')).toMatchObject({ status: 503, body: 'not now' });
    await own.apply(resiliency(3));
    await expect.poll(() => call('flaky'), soon).toMatchObject({ status: 200 });
    expect(await own.kubectl('get', 'resiliency')).toMatch(/^weak +True +Accepted /m);
  });

  test('ends a call that takes too long, and says by which policy', async () => {
    const answer = await call('slow');
    expect(answer).toMatchObject({ status: 504 });
    expect(answer.body).toContain('quick');
  });

  test('opens a breaker', async () => {
    for (let failures = 0; failures < 3; failures += 1) expect(await call('broken')).toMatchObject({ status: 500 });
    const answer = await call('broken');
    expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^(300|2\d\d)$/) as string });
    expect(answer.body).toContain('circuit breaker is open');
    expect(upstream.count('broken')).toBe(3);
  });

  test('holds as it is changed and until it is deleted, and a breaker outlives the change', async () => {
    await own.apply(resiliency(1));
    // The second try, now the last one, is cut off.
    await expect.poll(() => call('flaky'), soon).toMatchObject({ status: 502 });
    expect(await call('broken')).toMatchObject({ status: 503 });
    expect(upstream.count('broken')).toBe(3);
    await own.kubectl('delete', 'resiliency', 'weak');
    await expect.poll(() => call('flaky'), soon).toMatchObject({ status: 503, body: 'not now' });
    expect(await call('broken')).toMatchObject({ status: 500, body: 'broken' });
  });

  test('with a mistake is refused, or told what becomes of it by kubectl', async () => {
    const withApp = (app: object, circuitBreakers: object): string =>
      daprManifest('Resiliency', 'typo', {
        spec: { policies: { circuitBreakers }, targets: { apps: { fine: app } } },
      });
    const broken = own.apply(withApp({ circuitBreaker: 'a' }, { a: { trip: 'failures > 5' } }));
    await expect(broken).rejects.toThrow(/"validator\.farpoint\.dev" denied the request: .*trip/);
    const sentence = 'spec.targets.apps.fine.retry has no effect: the retry policy "agian" does not exist';
    const { stderr } = await cluster.kubectl([`--namespace=${own.name}`, 'apply', '--filename=-'], {
      stdin: withApp({ retry: 'agian' }, {}),
    });
    expect(stderr).toContain(`Warning: ${sentence}`);
    const described = (): Promise<string> => own.kubectl('describe', 'resiliency', 'typo');
    await expect.poll(described, soon).toMatch(/Warning +PartiallyInvalid .*Accepted is True: spec\.targets/);
    expect(await described()).toMatch(/Message: +spec\.targets\.apps\.fine\.retry has no effect/);
    expect(await own.kubectl('get', 'resiliency', 'typo')).toMatch(/^typo +True +PartiallyInvalid /m);
  });
});

function component(name: string, type: string, metadata: readonly object[]): string {
  return daprManifest('Component', name, { spec: { type: `middleware.http.${type}`, version: 'v1', metadata } });
}

/** Of everybody, the fewest: two calls of each tenant. */
const few = component('few', 'ratelimit', [
  { name: 'maxRequestsPerSecond', value: 0.01 },
  { name: 'burst', value: 2 },
  { name: 'key', value: '{header:X-Tenant}' },
]);

function components(): readonly string[] {
  return [
    component('plain-paths', 'routerchecker', [{ name: 'rule', value: '^[A-Za-z0-9/._-]+$' }]),
    component('short-paths', 'routeralias', [{ name: 'routes', value: '/stock: /v1.0/invoke/fine/method/stock' }]),
    component('login', 'bearer', [
      { name: 'issuer', value: 'people' },
      { name: 'audience', value: 'shop' },
      { name: 'jwksURL', value: `${issuer.origin}/keys` },
      { name: 'rootCA', secretKeyRef: { name: 'people', key: 'ca.crt' } },
    ]),
    few,
  ];
}

const handler = (name: string, type: string): object => ({ name, type: `middleware.http.${type}` });

const guarded = daprManifest('Configuration', 'guarded', {
  spec: {
    httpPipeline: {
      handlers: [
        handler('plain-paths', 'routerchecker'),
        handler('short-paths', 'routeralias'),
        handler('login', 'bearer'),
      ],
    },
    appHttpPipeline: { handlers: [handler('few', 'ratelimit')] },
  },
});

describe('pipelines', () => {
  let tenants = 0;

  /** With a token for this audience. */
  async function callAs(tenant: string, audience: string, url: string): Promise<PodAnswer> {
    const headers = [`Authorization: Bearer ${await issuer.token(audience)}`, `X-Tenant: ${tenant}`];
    return callFromPod(own, 'orders', ...headers.flatMap((header) => ['--header', header]), url);
  }

  /** With a good token, of a tenant that never called before. */
  function call(url: string): Promise<PodAnswer> {
    tenants += 1;
    return callAs(`tenant-${tenants}`, 'shop', url);
  }

  const fine = urlOf('fine', 'path');

  /** Soon, with a body that says what is not usable. */
  async function isRefused(body: RegExp): Promise<void> {
    const refused = { status: 503, body: expect.stringMatching(body) as string };
    await expect.poll(() => call(fine), soon).toMatchObject(refused);
  }

  test('refuse calls without a good token, and paths that they do not allow', async () => {
    expect(await callFromPod(own, 'orders', fine)).toMatchObject({ status: 401 });
    expect(await callAs('one', 'another-shop', fine)).toMatchObject({ status: 401 });
    expect(await call(fine)).toMatchObject({ status: 200, body: 'served /fine/path' });
    expect(await call(urlOf('fine', 'a%24b'))).toMatchObject({ status: 400, body: 'invalid router' });
  });

  test('give a path another name', async () => {
    expect(await call('http://localhost:3500/stock')).toMatchObject({ status: 200, body: 'served /fine/stock' });
  });

  test('limit calls by whom they are for', async () => {
    for (let calls = 0; calls < 2; calls += 1) {
      expect(await callAs('one', 'shop', fine)).toMatchObject({ status: 200 });
    }
    const refused = await callAs('one', 'shop', fine);
    expect(refused).toMatchObject({ status: 429, retryAfter: expect.stringMatching(/^\d+$/) as string });
    expect(await call(fine)).toMatchObject({ status: 200 });
  });

  test('take what a Secret says now', async () => {
    const another = await CertificateAuthority.create('another');
    await own.apply(secretManifest('people', { 'ca.crt': another.certificatePem }));
    await isRefused(/login.*middleware\.http\.bearer/);
    await own.apply(secretManifest('people', { 'ca.crt': authority.certificatePem }));
    await expect.poll(() => call(fine), soon).toMatchObject({ status: 200 });
  });

  test('refuse what a Component guards that is not there, and name it', async () => {
    await own.kubectl('delete', 'component', 'few');
    await isRefused(/few.*middleware\.http\.ratelimit.*ComponentNotFound/);
    const health = await callFromPod(own, 'orders', 'http://localhost:3500/v1.0/healthz');
    expect(health).toMatchObject({ status: 204 });
    const described = (): Promise<string> => own.kubectl('describe', 'configuration', 'guarded');
    await expect.poll(described, soon).toMatch(/Warning +ComponentNotFound .*handler few is refused/);
    await own.apply(few);
    await expect.poll(() => call(fine), soon).toMatchObject({ status: 200 });
  });

  test('keep what they have of a Secret that is deleted, and an Event about the Component says so', async () => {
    await own.kubectl('delete', 'secret', 'people');
    const described = (): Promise<string> => own.kubectl('describe', 'component', 'login');
    await expect.poll(described, soon).toMatch(/Warning +SecretNotFound .*rootCA/);
    expect(await call(fine)).toMatchObject({ status: 200 });
  });

  test('are what the Configuration says now, and without it everything is refused', async () => {
    await own.kubectl('delete', 'configuration', 'guarded');
    await isRefused(/ConfigurationNotFound.*guarded|guarded.*ConfigurationNotFound/);
    await own.apply(daprManifest('Configuration', 'guarded', { spec: {} }));
    await expect.poll(() => callFromPod(own, 'orders', fine), soon).toMatchObject({ status: 200 });
    await own.apply(guarded);
    await expect.poll(() => callFromPod(own, 'orders', fine), soon).toMatchObject({ status: 401 });
  });
});

test('a pod that is there before its Configuration is ready, answers nothing, and then as it says', async () => {
  const call = (): Promise<PodAnswer> => callFromPod(own, 'early', urlOf('fine', 'a%24b'));
  const answer = await call();
  expect(answer).toMatchObject({ status: 503 });
  expect(answer.body).toMatch(/comes-later/);
  const handlers = [handler('plain-paths', 'routerchecker')];
  await own.apply(daprManifest('Configuration', 'comes-later', { spec: { httpPipeline: { handlers } } }));
  await expect.poll(call, soon).toMatchObject({ status: 400, body: 'invalid router' });
});

test('no container has started anew by all that', async () => {
  expect(await podsAndRestarts()).toBe(podsBefore);
});
