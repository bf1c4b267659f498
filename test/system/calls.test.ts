/** Calls from inside a pod, by whatever names something, and what a pod must not reach. */
import { X509Certificate } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { endpointManifest, secretManifest } from '../support/tls-manifests.ts';
import { callFromPod, type PodAnswer } from './support/call-from-pod.ts';
import { container, examplePod } from './support/example-pod.ts';
import { installChart } from './support/install-chart.ts';
import { nodeAddress } from './support/node-address.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { type NodeServer, startSerialServer, startUpstream } from './support/start-node-server.ts';

const cluster = sharedCluster();
const token = 'not-for-everybody';
let own: OwnNamespace;
let elsewhere: OwnNamespace;
let plain: NodeServer;
/** Of the client certificate in the Secret. */
let serial = '';

beforeAll(async () => {
  await installChart(cluster);
  [own, elsewhere] = await Promise.all([makeOwnNamespace(cluster, 'calls'), makeOwnNamespace(cluster, 'elsewhere')]);
  const authority = await CertificateAuthority.create('vault');
  const [server, client] = await Promise.all([
    authority.issueServer({ hosts: [nodeAddress] }),
    authority.issueClient({ name: 'orders' }),
  ]);
  serial = new X509Certificate(client.certificatePem).serialNumber;
  const { certificatePem: ca } = authority;
  const vault = await startSerialServer({ cert: server.chainPem, key: server.privateKeyPem, ca });
  plain = await startUpstream('from the archive');
  const secret = (key: string): { readonly secret: string; readonly key: string } => ({ secret: 'vault-client', key });
  const tls = { rootCa: secret('ca.crt'), certificate: secret('tls.crt'), privateKey: secret('tls.key') };
  await elsewhere.apply(endpointManifest({ name: 'hidden', baseUrl: plain.origin }));
  await own.apply(
    secretManifest('vault-client', { 'tls.crt': client.chainPem, 'tls.key': client.privateKeyPem, 'ca.crt': ca }),
    secretManifest('api-token', { token }),
    endpointManifest({ name: 'vault', baseUrl: vault.origin, ...tls, scopes: ['orders'] }),
    endpointManifest({ name: 'archive', baseUrl: plain.origin }),
    examplePod({ name: 'orders' }),
    examplePod({ name: 'billing', prefix: 'farpoint.dev' }),
    examplePod({ name: 'classic', annotations: { 'dapr.io/enable-native-sidecar': 'false' } }),
    examplePod({ name: 'socket', annotations: { 'dapr.io/unix-domain-socket-path': '/sockets' } }),
    examplePod({ name: 'guarded', annotations: { 'dapr.io/api-token-secret': 'api-token' } }),
  );
  await own.kubectl('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=90s');
  await own.kubectl('wait', '--for=condition=Programmed', 'httpendpoints', '--all', '--timeout=30s');
  return async () => {
    await Promise.all([own.remove(), elsewhere.remove(), plain.close(), vault.close()]);
  };
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

async function call(pod: string, ...args: readonly string[]): Promise<Pick<PodAnswer, 'status' | 'body'>> {
  const { status, body } = await callFromPod(own, pod, ...args);
  return { status, body };
}

const invoke = (target: string): string => `http://localhost:3500/v1.0/invoke/${target}/method/path`;

/** Runs JavaScript in a container of a pod. */
const runIn = (pod: string, where: string, script: string): Promise<string> =>
  own.kubectl('exec', pod, `--container=${where}`, '--', '/usr/local/bin/node', '--eval', script);

describe('a call', () => {
  test('by the name of an HTTPEndpoint, which demands a client certificate', async () => {
    expect(await call('orders', invoke('vault'))).toEqual({ status: 200, body: serial });
  });

  test('by a name, in a header', async () => {
    const answer = await call('billing', '--header', 'dapr-app-id: archive', 'http://localhost:3500/path');
    expect(answer).toEqual({ status: 200, body: 'from the archive' });
  });

  test('by URL', async () => {
    expect(await call('billing', invoke(plain.origin))).toEqual({ status: 200, body: 'from the archive' });
  });

  test('by the app id of the application beside the proxy', async () => {
    const answer = await call('orders', 'http://localhost:3500/v1.0/invoke/orders/method/healthz');
    expect(answer).toEqual({ status: 200, body: '' });
  });

  test('through a proxy that is an ordinary container', async () => {
    const names = await own.kubectl('get', 'pod', 'classic', '--output=jsonpath={.spec.containers[*].name}');
    expect(names).toBe(`daprd ${container}`);
    expect(await call('classic', invoke('archive'))).toEqual({ status: 200, body: 'from the archive' });
  });

  test('over a socket file', async () => {
    const answer = await call('socket', '--unix-socket', '/sockets/dapr-socket-http.socket', invoke('archive'));
    expect(answer).toEqual({ status: 200, body: 'from the archive' });
  });
});

describe('a token of the API, from a Secret', () => {
  test('is demanded', async () => {
    expect(await call('guarded', invoke('archive'))).toMatchObject({ status: 401 });
  });

  test('is in the environment of the application', async () => {
    expect((await runIn('guarded', container, 'console.log(process.env.DAPR_API_TOKEN)')).trim()).toBe(token);
    const answer = await call('guarded', '--header', `dapr-api-token: ${token}`, invoke('archive'));
    expect(answer).toEqual({ status: 200, body: 'from the archive' });
  });
});

describe('out of reach is', () => {
  /** Everything that the proxy of a pod has been sent. */
  const tables = (pod: string): Promise<string> =>
    runIn(
      pod,
      'daprd',
      `const { readdirSync, readFileSync } = require('node:fs');
      for (const name of readdirSync('/var/run/farpoint/tables', { recursive: true, withFileTypes: true })) {
        if (name.isFile()) console.log(readFileSync(name.parentPath + '/' + name.name, 'latin1'));
      }`,
    );

  test('an endpoint whose scopes leave the app out: its proxy has never heard of it', async () => {
    expect(await call('billing', invoke('vault'))).toMatchObject({ status: 404 });
    expect((await call('billing', 'http://localhost:3500/v1.0/metadata')).body).not.toContain('vault');
    expect(await tables('billing')).toContain('archive');
    expect(await tables('billing')).not.toContain('vault');
    // Where it is to be, it is found.
    expect(await tables('orders')).toContain('vault');
  });

  test('an endpoint of another namespace', async () => {
    for (const name of ['hidden', `hidden.${elsewhere.name}`]) {
      expect(await call('orders', invoke(name))).toMatchObject({ status: 404 });
    }
    expect(await tables('orders')).not.toContain('hidden');
  });
});
