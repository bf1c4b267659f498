/** Access as a pod has it, against a real API server, while the kubelet replaces what is in the files. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { createKubeClient, type ApiServerClient } from '../../operator/kube/create-kube-client.ts';
import { inClusterAccess } from '../../operator/kube/in-cluster-access.ts';
import { leases } from '../../operator/kube/resource-types.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startFaultProxy } from './support/start-fault-proxy.ts';

const shared = sharedControlPlane();
const operatorNamespace = 'pod-credentials-test';

beforeAll(() => installFarpoint(shared, { namespace: operatorNamespace }));

interface Pod {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly kube: ApiServerClient;
}

async function pod(server: string, caPem: string): Promise<Pod> {
  const folder = await temporaryFolder();
  const token = await shared.tokenFor({ namespace: operatorNamespace, serviceAccount: 'farpoint-operator' });
  await writeFile(join(folder, 'token'), token);
  await writeFile(join(folder, 'ca.crt'), caPem);
  const clock = new ManualClock();
  const { hostname: host, port } = new URL(server);
  const access = inClusterAccess({ host, port, folder, clock });
  const kube = createKubeClient({ access, clock: systemClock });
  onTestFinished(() => kube.close());
  return { folder, clock, kube };
}

async function statusOf(kube: ApiServerClient): Promise<unknown> {
  const { signal } = new AbortController();
  return kube.get(leases, { namespace: operatorNamespace, name: 'none' }, { signal }).catch((error: unknown) => error);
}

test('a token that is not accepted any more is replaced by the one in the file, within one request', async () => {
  const { folder, kube, clock } = await pod(shared.access.server, shared.access.caPem);
  await copyFile(join(folder, 'token'), join(folder, 'good'));
  await writeFile(join(folder, 'token'), 'old');
  expect(await statusOf(kube)).toMatchObject({ status: 401 });
  await copyFile(join(folder, 'good'), join(folder, 'token'));
  clock.advance(1);
  expect(await statusOf(kube)).toMatchObject({ status: 404 });
});

test('an authority that is replaced is trusted from then on, and the former one no more', async () => {
  const [former, next] = [
    await startFaultProxy({ target: shared.access }),
    await startFaultProxy({ target: shared.access }),
  ];
  onTestFinished(async () => {
    await former.close();
    await next.close();
  });
  const { folder, kube, clock } = await pod(next.server, former.caPem);
  expect(await statusOf(kube)).toMatchObject({ status: 0 });
  await writeFile(join(folder, 'ca.crt'), next.caPem);
  clock.advance(10_000);
  expect(await statusOf(kube)).toMatchObject({ status: 404 });
  await writeFile(join(folder, 'ca.crt'), former.caPem);
  clock.advance(10_000);
  expect(await statusOf(kube)).toMatchObject({ status: 0 });
});
