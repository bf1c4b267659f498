/** The whole operator without an API server: what it needs before it serves, what it writes, how it ends. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { recordFrom } from '#shared/resources/read-field.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import type { RunningOperator } from '../../../operator/running-operator.ts';
import { startOperator } from '../../../operator/start-operator.ts';
import { ask } from '../../support/ask.ts';
import { vouched } from '../../support/authenticator-bench.ts';
import { FakeKubeClient } from '../../support/fake-kube-client.ts';
import { FakeListWatches } from '../../support/fake-list-watches.ts';
import { fakeToken } from '../../support/fake-token.ts';
import { endpointObject, kubeObject, secretObject } from '../../support/kube-objects.ts';
import { linkError } from '../../support/link-error.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { operatorOnLoopback } from '../../support/operator-on-loopback.ts';
import { openPush, type PushReader } from '../../support/push-reader.ts';
import { review } from '../../support/start-test-admission-server.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';

interface Stage {
  readonly running: RunningOperator;
  readonly client: FakeKubeClient;
  readonly watches: FakeListWatches;
  readonly lines: readonly LogLine[];
  readonly isClosed: () => boolean;
}

const pod = kubeObject('orders-0', {
  namespace: 'shop',
  uid: 'uid-orders',
  labels: { 'dapr.io/sidecar-injected': 'true' },
  annotations: { 'dapr.io/app-id': 'orders' },
});

async function startStage(
  args: readonly string[] = [],
  prepare: (client: FakeKubeClient) => void = () => undefined,
): Promise<Stage> {
  const client = new FakeKubeClient();
  client.review = vouched;
  prepare(client);
  const watches = new FakeListWatches();
  const lines: LogLine[] = [];
  let isClosed = false;
  const settings = operatorSettingsFrom(
    ['--namespace=far', ...operatorOnLoopback, '--hold-off=1ms', '--shutdown-grace=200ms', ...args],
    {},
  );
  const close = (): Promise<void> => {
    isClosed = true;
    return Promise.resolve();
  };
  const running = await startOperator(settings, {
    logger: memoryLogger(lines),
    clock: systemClock,
    version: 'test',
    kube: { client, createListWatch: watches.create, close },
  });
  onTestFinished(async () => {
    running.shutdown();
    await running.ended;
  });
  return { running, client, watches, lines, isClosed: () => isClosed };
}

/** Completes every list, with one endpoint, its Secret and one Pod. */
async function fill({ client, watches, running }: Stage): Promise<void> {
  await waitUntil(() => watches.started.length === 6);
  client.put('secrets/shop/s', secretObject('s', { token: 'open sesame' }, { namespace: 'shop' }));
  client.put('pods/shop/orders-0', pod);
  const endpoint = endpointObject('far', { namespace: 'shop', secret: 's' });
  client.put('httpendpoints/shop/far', endpoint);
  watches.show('httpendpoints', endpoint);
  watches.show('pods', pod);
  watches.syncAll();
  await waitUntil(() => running.isReady());
}

function caPemOf(client: FakeKubeClient): string {
  const data = recordFrom(client.object('secrets/far/farpoint-control-plane')?.['data']);
  return Buffer.from(String(data?.['ca.crt']), 'base64').toString();
}

function connect({ running, client }: Stage): Promise<PushReader> {
  const caPem = caPemOf(client);
  const token = fakeToken({ expiresAtMs: systemClock.epochMs() + 3_600_000 });
  return openPush({ port: running.pushPort, caPem }, token);
}

describe('an operator', () => {
  test('is not ready, and listens to no proxy, before every list is complete and every Secret was asked for', async () => {
    const stage = await startStage();
    const { running, watches, client } = stage;
    await waitUntil(() => watches.started.length === 6);
    expect(running.missing()).toContain('the first list of httpendpoints is not complete');
    client.failure = (call) => (call.path === 'secrets/shop/s' ? linkError(503) : null);
    watches.show('httpendpoints', endpointObject('far', { namespace: 'shop', secret: 's' }));
    watches.syncAll();
    expect(running.missing()).toEqual(['the tables are not compiled yet', '1 referenced Secrets are not read yet']);
    expect({ port: running.pushPort, isReady: running.isReady() }).toEqual({ port: 0, isReady: false });
    const answer = await ask(running.metricsPort, { path: '/readyz' });
    expect(answer).toMatchObject({ status: 503, body: expect.stringContaining('not ready: the tables') as string });
  });

  test('answers about Pods before it has tables, and is not ready before it does', async () => {
    const stage = await startStage(['--proxy-image=proxy:1', '--injector-name=inject']);
    const { running, client } = stage;
    expect(running.missing()).toContain(
      "the operator's Secret with its certificate authority is not read yet: the API server has not answered",
    );
    await waitUntil(() => running.webhookPort > 0);
    expect(running.missing()[0]).toBe('the tables are not compiled yet');
    const annotations = { 'dapr.io/enabled': 'true', 'dapr.io/app-id': 'orders' };
    const object = { metadata: { annotations }, spec: { containers: [{ name: 'app' }] } };
    const target = { port: running.webhookPort, caPem: caPemOf(client) };
    expect(await review(target, '/inject', { object })).toMatchObject({ allowed: true, patchType: 'JSONPatch' });
    client.put('mutatingwebhookconfigurations//inject', {
      metadata: { name: 'inject' },
      webhooks: [{ name: 'injector.farpoint.dev', clientConfig: {} }],
    });
    await fill(stage);
    await waitUntil(() => client.countOf('apply', 'mutatingwebhookconfigurations') === 1);
    const { body } = await ask(running.metricsPort, { path: '/metrics' });
    expect(body).toContain('farpoint_operator_webhook_ca_current{webhook="injector"} 1');
    expect(body).toContain('farpoint_operator_injections_total{outcome="injected",reason=""} 1');
  });

  test('serves a proxy, writes status and trust bundle as the leader, and shows it in its metrics', async () => {
    const stage = await startStage();
    await fill(stage);
    const { running, client } = stage;
    const stream = await connect(stage);
    await stream.acknowledge(await stream.synced(1));
    expect(Object.keys(stream.held())).toEqual(['far']);
    expect(stream.text).toContain('open sesame');
    await waitUntil(() => {
      const status = client.object('httpendpoints/shop/far')?.['status'] as { proxies?: string } | undefined;
      return status?.proxies === '1/1';
    });
    await waitUntil(() => client.object('configmaps/shop/farpoint-trust-bundle') !== undefined);
    expect(client.object('leases/far/farpoint-operator')?.['spec']).toMatchObject({
      holderIdentity: expect.stringContaining('replica-a') as string,
    });
    const { body } = await ask(running.metricsPort, { path: '/metrics' });
    expect(body).toContain('farpoint_operator_leader 1');
    expect(body).toContain('farpoint_operator_streams 1');
    expect(body).toMatch(/farpoint_operator_table_info\{namespace="shop",app_id="orders",configuration="",revision="/);
    expect(body).toContain('farpoint_operator_objects{kind="endpoints"} 1');
  });

  test('shows a Secret to the proxy alone: not in logs, metrics or status', async () => {
    const stage = await startStage();
    await fill(stage);
    const stream = await connect(stage);
    await stream.synced(1);
    const { body } = await ask(stage.running.metricsPort, { path: '/metrics' });
    expect(stream.text).toContain('open sesame');
    for (const text of [body, JSON.stringify(stage.lines), JSON.stringify(stage.client.calls)]) {
      expect(text).not.toContain('open sesame');
      expect(text).not.toContain(Buffer.from('open sesame').toString('base64'));
    }
  });
});

describe('an operator that is ended', () => {
  test('sends proxies elsewhere, gives its Leases up, and closes everything', async () => {
    const stage = await startStage();
    await fill(stage);
    const { running, client } = stage;
    await waitUntil(() => running.isLeader() && client.object('leases/far/farpoint-replica-replica-a') !== undefined);
    const stream = await connect(stage);
    await stream.synced(1);
    const { metricsPort, pushPort } = running;
    running.shutdown();
    running.shutdown();
    expect(running.missing()).toEqual(['the operator shuts down']);
    expect(await running.ended).toBe('graceful');
    expect(stream.types()).toContain('DRAIN');
    expect(client.object('leases/far/farpoint-replica-replica-a')).toBeUndefined();
    expect(client.object('leases/far/farpoint-operator')?.['spec']).toMatchObject({ holderIdentity: '' });
    expect(stage.isClosed()).toBe(true);
    expect(stage.watches.started.some(({ isRunning }) => isRunning())).toBe(false);
    for (const port of [metricsPort, pushPort]) {
      await expect(ask(port, { path: '/' })).rejects.toThrow('ECONNREFUSED');
    }
  });

  test('before it is ready leaves nothing behind', async () => {
    const stage = await startStage();
    await waitUntil(() => stage.watches.started.length === 6);
    stage.running.shutdown();
    expect(await stage.running.ended).toBe('graceful');
    expect(stage.isClosed()).toBe(true);
    expect(stage.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('while the API server is away ends as well', async () => {
    const stage = await startStage([], (client) => {
      client.failure = () => linkError(0);
    });
    await waitUntil(() => stage.client.calls.length > 0);
    expect(stage.running.missing()[0]).toContain('the API server has not answered');
    stage.running.shutdown();
    expect(await stage.running.ended).toBe('graceful');
  });
});

describe('an operator that cannot go on', () => {
  test('ends all the same when a part of it does not, and says which', async () => {
    const stage = await startStage(['--shutdown-grace=0']);
    await waitUntil(() => stage.watches.started.length === 6);
    stage.watches.isDeaf = true;
    stage.running.shutdown();
    expect(await stage.running.ended).toBe('forced');
    const line = stage.lines.find(({ message }) => message === 'shutdown takes too long and is cut off');
    expect(line?.fields['parts']).toEqual(['source']);
  });

  test.each(['port', 'webhook-port'])('says why and ends: its --%s is taken', async (flag) => {
    const { port } = await startUpstream((_request, response) => response.end());
    const stage = await startStage([`--${flag}=${port}`]);
    if (flag === 'port') {
      await waitUntil(() => stage.watches.started.length === 6);
      stage.watches.syncAll();
    }
    expect(await stage.running.ended).toBe('forced');
    const failure = stage.lines.find(({ level }) => level === 'error');
    expect(failure?.message).toBe('a part of the operator failed; the operator ends');
    expect(String(failure?.fields['err'])).toContain(String(port));
  });

  test('does not start when the port for metrics is taken', async () => {
    const { port } = await startUpstream((_request, response) => response.end());
    await expect(startStage([`--metrics-port=${port}`])).rejects.toThrow('choose another port');
  });
});
