/** The harness itself: what the tests on a real API server stand on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isPortFree } from '../../examples/run/free-port.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { type ControlPlane, startControlPlane } from './support/start-control-plane.ts';

const shared = sharedControlPlane();

interface Listed {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
}

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { serviceAccountName: 'default', containers: [{ name: 'app', image: 'registry.local/app:1' }] },
});

async function ownControlPlane(): Promise<ControlPlane> {
  const controlPlane = await startControlPlane();
  onTestFinished(() => controlPlane.stop());
  return controlPlane;
}

describe('the shared control plane', () => {
  test('serves kubectl as administrator', async () => {
    const namespace = await shared.createNamespace();
    await shared.apply('{apiVersion: v1, kind: ConfigMap, metadata: {name: order}, data: {number: "66"}}', {
      namespace,
    });
    const read = await shared.kubectl([
      'get',
      'configmap',
      'order',
      `--namespace=${namespace}`,
      '-o',
      'jsonpath={.data}',
    ]);
    expect(read).toEqual({ code: 0, stdout: '{"number":"66"}', stderr: '' });
  });

  test('tells kubectl its version', async () => {
    const { stdout } = await shared.kubectl(['version']);
    expect(stdout).toMatch(/Client Version: v1\.\d+\.\d+[^]*Server Version: v1\.\d+\.\d+/);
  });

  test('holds the CRDs', async () => {
    const { status } = await shared.request({ path: '/apis/dapr.io/v1alpha1/httpendpoints' });
    expect(status).toBe(200);
  });

  test('gives a ServiceAccount that has no rights none', async () => {
    const namespace = await shared.createNamespace();
    const kubeconfig = await shared.kubeconfigFor({ namespace, serviceAccount: 'default' });
    const { code, stderr } = await shared.kubectl(['get', 'secrets', `--namespace=${namespace}`], { kubeconfig });
    expect(code).toBe(1);
    expect(stderr).toContain(`User "system:serviceaccount:${namespace}:default" cannot list resource "secrets"`);
  });

  test('binds a token to a Pod and to an audience', async () => {
    const namespace = await shared.createNamespace();
    const { metadata } = await shared.mustRequest<{ metadata: { name: string; uid: string } }>({
      path: `/api/v1/namespaces/${namespace}/pods`,
      body: pod('orders'),
    });
    const token = await shared.tokenFor({
      namespace,
      serviceAccount: 'default',
      pod: { name: metadata.name, uid: metadata.uid },
      audience: 'farpoint-operator',
    });
    const review = (audience: string) =>
      shared.mustRequest<{ status: { authenticated?: boolean; user?: { extra?: Record<string, string[]> } } }>({
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token, audiences: [audience] } },
      });
    const accepted = await review('farpoint-operator');
    expect(accepted.status.user?.extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['orders'],
      'authentication.kubernetes.io/pod-uid': [metadata.uid],
    });
    expect((await review('somebody-else')).status.authenticated).toBeUndefined();
  });

  test('is not trusted by a client with other roots', async () => {
    const { port } = new URL(shared.access.server);
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});

describe('a control plane of one test', () => {
  test('keeps everything over a restart, on the same port', async () => {
    const own = await ownControlPlane();
    const namespace = await own.createNamespace();
    const { server } = own.access;
    await own.restartApiServer();
    await own.restartApiServer({ atOnce: true });
    expect(own.access.server).toBe(server);
    expect((await own.request({ path: `/api/v1/namespaces/${namespace}` })).status).toBe(200);
  });

  test('answers 410 to a resourceVersion from before a compaction', async () => {
    const own = await ownControlPlane();
    const list = await own.mustRequest<Listed>({ method: 'GET', path: '/api/v1/namespaces' });
    await own.createNamespace();
    await own.compact();
    await own.restartApiServer({ atOnce: true });
    const { body } = await own.request({
      path: `/api/v1/namespaces?watch=1&timeoutSeconds=1&resourceVersion=${list.metadata.resourceVersion}`,
    });
    expect(JSON.stringify(body)).toContain('410');
  });

  test('ends with its folder when the test ends', async () => {
    const own = await startControlPlane();
    await own.stop();
    expect(existsSync(own.access.folder)).toBe(false);
    await expect(own.request({ path: '/readyz' })).rejects.toThrow('ECONNREFUSED');
  });

  test('ends with its folder when the process of the test is killed', async () => {
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'support', 'hold-control-plane-main.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string];
    const { folder, server } = JSON.parse(line) as { readonly folder: string; readonly server: string };
    expect(existsSync(folder)).toBe(true);
    holder.kill('SIGKILL');
    await waitUntil(() => !existsSync(folder));
    await waitUntil(() => isPortFree(Number(new URL(server).port)));
    expect(existsSync(folder)).toBe(false);
  });
});
