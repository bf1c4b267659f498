/** Services of apps, over an API server in memory and a clock that stands still. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import { ServiceWriter } from '../../../../operator/services/service-writer.ts';
import { PodStore } from '../../../../operator/source/pod-store.ts';
import type { Warning } from '../../../../operator/warning-event.ts';
import { fakeOwner, type FakeOwner } from '../../../support/fake-owner.ts';
import { FakeKubeClient } from '../../../support/fake-kube-client.ts';
import { FakeListWatches } from '../../../support/fake-list-watches.ts';
import { kubeObject, type ObjectOptions } from '../../../support/kube-objects.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';

const path = (name: string, namespace = 'shop'): string => `services/${namespace}/${name}`;
const minuteMs = 60_000;

interface Bench {
  readonly client: FakeKubeClient;
  readonly pods: PodStore;
  readonly owner: FakeOwner;
  readonly lines: LogLine[];
  readonly warnings: Warning[];
  readonly written: string[];
  readonly counts: () => { readonly own: number; readonly foreign: number };
  /** Completes the first list of Services. */
  readonly synced: () => Promise<void>;
  /** The watch shows a Service. */
  readonly show: (service: KubeObject) => void;
  /** Time goes on. */
  readonly pass: (ms: number) => Promise<void>;
}

function injectedPod(name: string, appId: string, options: ObjectOptions = {}): KubeObject {
  const labels = { 'dapr.io/app-id': appId, 'dapr.io/sidecar-injected': 'true' };
  return kubeObject(name, { namespace: 'shop', labels, ...options });
}

function bench(): Bench {
  const client = new FakeKubeClient();
  const pods = new PodStore();
  const clock = new ManualClock();
  const watches = new FakeListWatches();
  const owner = fakeOwner();
  const lines: LogLine[] = [];
  const warnings: Warning[] = [];
  const written: string[] = [];
  let counts = { own: 0, foreign: 0 };
  const controller = new AbortController();
  const writer = new ServiceWriter({
    kube: client,
    createListWatch: watches.create,
    namespaces: [],
    pods,
    annotationPrefixes: ['dapr.io', 'farpoint.dev'],
    owner,
    warn: (warning) => warnings.push(warning),
    metrics: {
      serviceWritten: (outcome) => written.push(outcome),
      services: (now) => {
        counts = now;
      },
    },
    clock,
    logger: memoryLogger(lines),
  });
  const running = writer.run(controller.signal);
  onTestFinished(async () => {
    controller.abort();
    await running;
    expect(counts).toEqual({ own: 0, foreign: 0 });
  });
  const settled = async (): Promise<void> => {
    for (let n = 0; n < 20; n += 1) await turn();
  };
  const pass = async (ms: number): Promise<void> => {
    for (let restMs = ms; restMs > 0; restMs -= 1_000) {
      clock.advance(Math.min(1_000, restMs));
      await settled();
    }
  };
  return {
    client,
    pods,
    owner,
    lines,
    warnings,
    written,
    counts: () => counts,
    async synced() {
      watches.syncAll();
      await settled();
    },
    show: (service) => watches.show('services', service),
    pass,
  };
}

async function readyBench(): Promise<Bench> {
  const made = bench();
  await made.synced();
  return made;
}

describe('a Service', () => {
  test('comes with the first Pod of an app, and costs later ones nothing', async () => {
    const { client, pods, pass, written } = await readyBench();
    for (let n = 0; n < 20; n += 1) pods.upsert(injectedPod(`orders-${n}`, 'orders'));
    await pass(1_000);
    expect(client.object(path('orders-dapr'))).toBeDefined();
    pods.upsert(injectedPod('orders-20', 'orders'));
    pods.upsert(injectedPod('orders-0', 'orders', { resourceVersion: '2' }));
    await pass(2 * minuteMs);
    expect(client.calls).toHaveLength(1);
    expect(written).toEqual(['created']);
  });

  test('is not made before it is known which ones there are', async () => {
    const { client, pods, pass, synced } = bench();
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(minuteMs);
    expect(client.calls).toEqual([]);
    await synced();
    expect(client.countOf('create', 'services')).toBe(1);
  });

  test('goes when no Pod has needed it for a minute, and only in the version that is known', async () => {
    const { client, pods, pass, written } = await readyBench();
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    pods.remove('shop/orders-0');
    await pass(58_000);
    pods.upsert(injectedPod('orders-1', 'orders'));
    await pass(minuteMs);
    expect(written).toEqual(['created']);
    pods.remove('shop/orders-1');
    await pass(59_000);
    expect(written).toEqual(['created']);
    const present = client.object(path('orders-dapr'));
    if (present === undefined) throw new Error('it is gone too soon');
    client.put(path('orders-dapr'), present);
    await pass(10_000);
    expect(client.object(path('orders-dapr'))).toBeDefined();
    expect(client.countOf('delete', 'services')).toBeGreaterThan(0);
  });

  test('goes when its app has another id', async () => {
    const { client, pods, pass } = await readyBench();
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    pods.upsert(injectedPod('orders-0', 'sales', { resourceVersion: '2' }));
    await pass(minuteMs + 2_000);
    expect(client.object(path('orders-dapr'))).toBeUndefined();
    expect(client.object(path('sales-dapr'))).toBeDefined();
  });

  test('gets the owner that there is', async () => {
    const { client, pods, owner, pass } = await readyBench();
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    owner.become('role');
    await pass(1_000);
    expect(client.object(path('orders-dapr'))?.metadata.ownerReferences).toMatchObject([{ uid: 'role' }]);
    await pass(minuteMs);
    expect(client.calls).toHaveLength(2);
  });
});

describe('a watch that is faster than the answer to a write', () => {
  test('is believed: what was changed meanwhile is known, and can be deleted', async () => {
    const { client, pods, pass, show } = await readyBench();
    const create = client.create.bind(client);
    client.create = async (type, object, options) => {
      const made = await create(type, object, options);
      const labels = { ...made.metadata.labels, mine: '1' };
      show(client.put(path('orders-dapr'), { ...made, metadata: { ...made.metadata, labels } }));
      return made;
    };
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    expect(client.object(path('orders-dapr'))?.metadata.labels).toMatchObject({ mine: '1' });
    pods.remove('shop/orders-0');
    await pass(2 * minuteMs);
    expect(client.object(path('orders-dapr'))).toBeUndefined();
    expect(client.countOf('delete', 'services')).toBe(1);
  });

  test('does not leave behind what is gone', async () => {
    const { client, pods, pass } = await readyBench();
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    client.remove(path('orders-dapr'));
    pods.remove('shop/orders-0');
    await pass(10 * minuteMs);
    expect(client.countOf('delete', 'services')).toBe(1);
  });
});

describe('a Service of somebody else', () => {
  test('is left alone, said once, and replaced a while after it is gone', async () => {
    const { client, pods, pass, warnings, lines, counts } = await readyBench();
    const theirs = client.put(path('orders-dapr'), { metadata: { name: 'orders-dapr', namespace: 'shop' } });
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    for (let n = 1; n < 5; n += 1) pods.upsert(injectedPod(`orders-${n}`, 'orders'));
    await pass(10 * minuteMs);
    expect(client.object(path('orders-dapr'))).toBe(theirs);
    expect(warnings).toMatchObject([{ reason: 'ServiceNotOwned', object: { metadata: { name: 'orders-dapr' } } }]);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(counts()).toEqual({ own: 0, foreign: 1 });
    client.remove(path('orders-dapr'));
    await pass(5 * minuteMs + 1_000);
    expect(counts()).toEqual({ own: 1, foreign: 0 });
  });

  test('is no matter any more when the app is gone', async () => {
    const { client, pods, pass, counts } = await readyBench();
    client.put(path('orders-dapr'), { metadata: { name: 'orders-dapr', namespace: 'shop' } });
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    pods.remove('shop/orders-0');
    await pass(6 * minuteMs);
    expect(counts()).toEqual({ own: 0, foreign: 0 });
    const asked = client.calls.length;
    await pass(30 * minuteMs);
    expect(client.calls).toHaveLength(asked);
  });
});

describe('what fails', () => {
  test('is tried again, ever less often, and said once', async () => {
    const { client, pods, pass, lines } = await readyBench();
    client.failure = () => linkError(503);
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(10 * minuteMs);
    expect(client.calls.length).toBeLessThan(80);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    client.failure = () => null;
    await pass(minuteMs);
    expect(client.object(path('orders-dapr'))).toBeDefined();
  });

  test('for good does not hold up the others', async () => {
    const { client, pods, pass } = await readyBench();
    client.failure = (call) => (call.path === path('bad-dapr') ? linkError(422) : null);
    pods.upsert(injectedPod('bad-0', 'bad'));
    pods.upsert(injectedPod('orders-0', 'orders'));
    await pass(1_000);
    expect(client.object(path('orders-dapr'))).toBeDefined();
    pods.upsert(injectedPod('bad-1', 'bad'));
    await pass(minuteMs);
    expect(client.calls.filter(({ path: asked }) => asked === path('bad-dapr'))).toHaveLength(1);
  });

  test('because there is much to do waits its turn', async () => {
    const { client, pods, pass } = await readyBench();
    for (let n = 0; n < 200; n += 1) pods.upsert(injectedPod(`app-${n}`, `app-${n}`));
    await pass(2_000);
    expect(client.calls.length).toBeLessThan(120);
    await pass(20_000);
    expect(client.calls).toHaveLength(200);
  });
});
