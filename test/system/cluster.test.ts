/** The harness itself: what the tests on a whole cluster stand on. */
import { beforeAll, describe, expect, test } from 'vitest';
import { importProgram } from './support/import-program.ts';
import { sharedCluster } from './support/shared-cluster.ts';

const cluster = sharedCluster();
const image = 'registry.local/harness-app:1';
let namespace = '';

/** A server that answers with the name of its pod, and starts to be ready when it does. */
const app = `
import { createServer } from 'node:http';
createServer((request, response) => response.end(process.env.HOSTNAME)).listen(8080, () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
`;

const manifests = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: app }
spec:
  replicas: 2
  selector: { matchLabels: { app: app } }
  template:
    metadata: { labels: { app: app } }
    spec:
      containers:
        - name: app
          image: ${image}
          readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
          resources: { limits: { memory: 128Mi } }
          volumeMounts: [{ name: token, mountPath: /token }]
      volumes:
        - name: token
          projected: { sources: [{ serviceAccountToken: { audience: somebody, path: token } }] }
---
apiVersion: v1
kind: Service
metadata: { name: app }
spec: { selector: { app: app }, ports: [{ port: 80, targetPort: 8080 }] }
`;

beforeAll(async () => {
  await importProgram(cluster, { name: image, source: app });
  namespace = await cluster.createNamespace('harness');
  await cluster.apply(manifests, { namespace });
  await kubectl('rollout', 'status', 'deployment/app', '--timeout=60s');
});

/** Throws when kubectl fails. */
async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl([`--namespace=${namespace}`, ...args]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Runs JavaScript in a pod. */
const inPod = (script: string): Promise<string> =>
  kubectl('exec', 'deployment/app', '--', '/usr/local/bin/node', '--eval', script);

test('the log of a container is read', async () => {
  expect(await kubectl('logs', 'deployment/app')).toContain('listening');
});

describe('the network', () => {
  test('a pod reaches a Service by its name, and either of its pods', async () => {
    const names = await inPod(`
      (async () => {
        // At once: each has a connection of its own, and goes to a pod of its own.
        const calls = Array.from({ length: 40 }, async () => (await fetch('http://app')).text());
        const names = new Set(await Promise.all(calls));
        console.log(names.size);
      })();`);
    expect(names.trim()).toBe('2');
  });

  test('a pod reaches the API server', async () => {
    const status = await inPod(`
      require('node:https').get('https://kubernetes.default.svc/readyz', {
        ca: require('node:fs').readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/ca.crt'),
      }, (response) => { console.log(response.statusCode); response.resume(); });`);
    expect(status.trim()).toBe('200');
  });

  test('the test reaches a pod, and a Service', async () => {
    const address = await kubectl('get', 'service', 'app', '-o', 'jsonpath={.spec.clusterIP}');
    const pod = await kubectl('get', 'pods', '-o', 'jsonpath={.items[0].status.podIP}');
    expect((await fetch(`http://${address}`)).status).toBe(200);
    expect(await (await fetch(`http://${pod}:8080`)).text()).toMatch(/^app-/);
  });

  test('a name of nobody is refused, and nothing leaves the machine', async () => {
    const code = await inPod(`require('node:dns').lookup('example.com', (error) => console.log(error.code))`);
    expect(code.trim()).toMatch(/^E/);
  });
});

test('a projected token is of its audience', async () => {
  const token = await inPod(`console.log(require('node:fs').readFileSync('/token/token', 'utf8'))`);
  const review = await cluster.mustRequest<{ readonly status: object }>({
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { spec: { token: token.trim(), audiences: ['somebody'] } },
  });
  expect(review.status).toMatchObject({
    authenticated: true,
    user: { extra: { 'authentication.kubernetes.io/pod-name': [expect.stringMatching(/^app-/)] } },
  });
});

test('what belongs to an object that is gone goes too', async () => {
  await kubectl('create', 'configmap', 'owner');
  const uid = await kubectl('get', 'configmap', 'owner', '-o', 'jsonpath={.metadata.uid}');
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
  await cluster.apply(
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned', ownerReferences } }),
    { namespace },
  );
  await kubectl('delete', 'configmap', 'owner');
  const found = () => kubectl('get', 'configmaps', '--ignore-not-found', 'owned');
  await expect.poll(found, { timeout: 30_000 }).toBe('');
});

test('pods come back after their node has lost its power', async () => {
  const restarts = 'jsonpath={.items[*].status.containerStatuses[0].restartCount}';
  await cluster.stopNode();
  const pod = await kubectl('get', 'pods', '-o', 'jsonpath={.items[0].status.podIP}');
  await expect(fetch(`http://${pod}:8080`, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow(/failed|timeout/);
  await cluster.startNode();
  await expect.poll(() => kubectl('get', 'pods', '-o', restarts), { timeout: 60_000 }).toBe('1 1');
  await kubectl('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=60s');
  expect(
    await (await fetch(`http://${await kubectl('get', 'service', 'app', '-o', 'jsonpath={.spec.clusterIP}')}`)).text(),
  ).toMatch(/^app-/);
});
