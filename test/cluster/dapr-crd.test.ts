/** A cluster that has Dapr's own HTTPEndpoint already: it works, Events stand in for the status, and ours can follow. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../support/start-test-proxy.ts';
import { installDaprCrds } from './support/dapr-crds.ts';
import { endpointViewer, type EndpointViewer } from './support/endpoint-status.ts';
import { installCrds } from './support/install-crds.ts';
import { startReadyOperator, type ClusterOperator } from './support/start-cluster-operator.ts';
import { type ControlPlane, startControlPlane } from './support/start-control-plane.ts';
import { startPodProxy } from './support/start-pod-proxy.ts';

let cluster: ControlPlane;
let namespace = '';
let view: EndpointViewer;

beforeAll(async () => {
  cluster = await startControlPlane();
  await installDaprCrds(cluster);
  namespace = await cluster.createNamespace('dapr');
  view = endpointViewer(cluster, namespace);
}, 120_000);

afterAll(() => cluster.stop());

function startOperator(): Promise<ClusterOperator> {
  const kubeconfig = cluster.access.kubeconfigPath;
  return startReadyOperator({ kubeconfig, namespace, watchNamespaces: [namespace] });
}

function manifest(name: string, spec: string): string {
  return `apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

const sentence = 'the HTTPEndpoint that is installed keeps no status: conditions are Events only';

async function hasEvent(name: string, text: string): Promise<boolean> {
  return (await view.events(name)).includes(text);
}

describe("with Dapr's own HTTPEndpoint", () => {
  test('endpoints reach the proxies, and Events tell it', async () => {
    const operator = await startOperator();
    await startPodProxy({ client: cluster, namespace, appId: 'orders', operatorPort: operator.running.pushPort });
    await cluster.apply(manifest('a', '{ baseUrl: "https://a.example" }'), { namespace });
    await waitUntil(() => hasEvent('a', 'Normal Programmed: Programmed is True: 1 of 1 proxy has this generation'));
    expect(await view.events('a')).toContain('Normal Accepted: Accepted is True: the resource is valid');
    expect((await view.get('a'))['status']).toBeUndefined();
    await waitUntil(() => operator.lines.some(({ message }) => message === sentence));
    expect(operator.lines.filter(({ message }) => message === sentence)).toHaveLength(1);
  });

  test('what that schema takes and could never work is told by an Event', async () => {
    await startOperator();
    await cluster.apply(manifest('half', '{ baseUrl: "https://a.example", clientTLS: { privateKey: { value: x } } }'), {
      namespace,
    });
    const told =
      'Warning CertificateMissing: Accepted is False: ' +
      'clientTLS.privateKey is given without clientTLS.certificate; a client needs both or neither';
    await waitUntil(() => hasEvent('half', told));
    expect((await view.events('half')).filter((event) => event.startsWith('Normal Accepted'))).toEqual([]);
  });

  test('ours can replace it while objects are there, also such as it would refuse', async () => {
    await cluster.apply(manifest('query', '{ baseUrl: "https://a.example/?key=1" }'), { namespace });
    await installCrds(cluster);
    await startOperator();
    await waitUntil(async () => (await view.shown('a')).startsWith('Accepted=True'));
    // What was there may stay as it is, is labelled with a warning, and has its status; it may not be made anew.
    const label = await cluster.kubectl(['label', 'hep/query', 'tier=old', `--namespace=${namespace}`]);
    expect(label.code).toBe(0);
    expect(label.stderr).toMatch(/^Warning: spec.baseUrl: .*must have no query/);
    await waitUntil(async () => (await view.shown('query')).startsWith('Accepted=True'));
    await waitUntil(async () => (await view.shown('half')).startsWith('Accepted=False'));
    await expect(
      cluster.apply(manifest('query-2', '{ baseUrl: "https://a.example/?key=1" }'), { namespace }),
    ).rejects.toThrow('must have no query');
  });
});
