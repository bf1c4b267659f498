/** From a write to the API server to the answer of the first call that uses it: one proxy, an operator with nothing else to do. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { sendRequest } from '../../../examples/run/send-request.ts';
import { startServer } from '../../../examples/upstreams/running-server.ts';
import { createPodIdentity } from '../../cluster/make-cluster/pod-identity.ts';
import { ChildProcesses } from '../../cluster/support/child-processes.ts';
import { startOperatorProcess, startProxyProcess } from '../../cluster/support/farpoint-process.ts';
import { installFarpoint } from '../../cluster/support/install-farpoint.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/support/start-control-plane.ts';

const appId = 'bench';
const namespace = 'default';
const operatorNamespace = 'farpoint-system';
const operatorEndsWithinMs = 5_000;

/** One reading a change, in milliseconds, the operator's hold-off included. */
export async function measureFirstCalls(changes: number): Promise<readonly number[]> {
  const controlPlane = await startControlPlane();
  const children = ChildProcesses.start('');
  const upstream = await startServer(
    createServer((request, response) => void response.end(request.url)),
    0,
  );
  const { folder } = controlPlane.access;
  try {
    const { kubeconfigPath } = await installFarpoint(controlPlane, { namespace: operatorNamespace });
    const operator = await startOperatorProcess({
      children,
      kubeconfigPath,
      namespace: operatorNamespace,
      logFile: join(folder, 'operator.log'),
    });
    await operator.ready();
    const identity = await createPodIdentity({
      client: controlPlane,
      namespace,
      appId,
      folder,
      report: () => undefined,
    });
    const proxy = await startProxyProcess({
      children,
      appId,
      namespace,
      podName: identity.podName,
      controlPlaneAddress: operator.address,
      tokenFile: identity.tokenFile,
      caFile: identity.caFile,
      logFile: join(folder, 'proxy.log'),
    });
    await proxy.ready();
    const readings: number[] = [];
    for (let change = 0; change <= changes; change += 1) {
      const baseUrl = `http://127.0.0.1:${upstream.port}/v${change}`;
      readings.push(await timeUntilUsed(controlPlane, { port: proxy.port, baseUrl, expected: `/v${change}/x` }));
    }
    identity.stop();
    await proxy.child.end(operatorEndsWithinMs);
    await operator.child.end(operatorEndsWithinMs);
    // The first creates the endpoint, and everything runs for the first time.
    return readings.slice(1);
  } finally {
    await children.close();
    await upstream.close();
    await controlPlane.stop();
  }
}

/** From just before the write. */
async function timeUntilUsed(
  controlPlane: ControlPlane,
  change: { readonly port: number; readonly baseUrl: string; readonly expected: string },
): Promise<number> {
  const { port, baseUrl, expected } = change;
  const never = new AbortController().signal;
  const startMs = systemClock.monotonicMs();
  await controlPlane.mustRequest({
    method: 'PATCH',
    path: `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints/far?fieldManager=bench&force=true`,
    contentType: 'application/apply-patch+yaml',
    body: { apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint', metadata: { name: 'far' }, spec: { baseUrl } },
  });
  for (;;) {
    const { body } = await sendRequest({ port, path: '/v1.0/invoke/far/method/x' });
    const waitedMs = systemClock.monotonicMs() - startMs;
    if (body === expected) return waitedMs;
    if (waitedMs > 20_000) throw new Error(`a change was not used within 20 s: the call answers ${body}`);
    await systemClock.sleep(2, never);
  }
}
