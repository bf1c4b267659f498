/** Pods that were made while no injector was there, on a real API server: evictions really remove them. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock, type Clock } from '#shared/clock/clock.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { decideInjection } from '../../operator/inject/decide-injection.ts';
import { createKubeClient } from '../../operator/kube/create-kube-client.ts';
import { kubeconfigAccess } from '../../operator/kube/kubeconfig-access.ts';
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import { ProxyRepair } from '../../operator/repair/proxy-repair.ts';
import { PodStore } from '../../operator/source/pod-store.ts';
import type { Warning } from '../../operator/warning-event.ts';
import { memoryLogger, type LogLine } from '../support/memory-logger.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { createPod, type PodObjectFields } from './support/injected-pod.ts';
import { installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';

const cluster = sharedControlPlane();

/** Two minutes ahead, so that a Pod need not be left to get old. */
const laterClock: Clock = { ...systemClock, epochMs: () => systemClock.epochMs() + 120_000 };

interface Site {
  readonly apps: string;
  readonly warnings: Warning[];
  readonly evictions: string[];
  readonly lines: LogLine[];
  readonly counts: number[];
  readonly addPod: (name: string, fields?: Partial<PodObjectFields>) => Promise<void>;
  readonly podNames: () => Promise<readonly string[]>;
  /** Looks every 100 ms. */
  readonly start: (mode: 'report' | 'evict') => void;
}

const controller = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'web',
  uid: 'b1f2c3d4-0000-4000-8000-000000000001',
};

async function site({ canEvict = true } = {}): Promise<Site> {
  const namespace = await cluster.createNamespace('far');
  const apps = await cluster.createNamespace('apps');
  const namespaces = [apps];
  const { kubeconfigPath } = await installFarpoint(cluster, {
    namespace,
    watchNamespaces: namespaces,
    grants: { canEvict },
  });
  const kube = createKubeClient({ access: await kubeconfigAccess(kubeconfigPath), clock: systemClock });
  const { proxy, annotationPrefixes, tokenAudience } = operatorSettingsFrom(['--proxy-image=proxy:1'], {});
  const injection = { proxy, annotationPrefixes, tokenAudience, hasNativeSidecars: true };
  const made: Omit<Site, 'addPod' | 'podNames' | 'start'> = {
    apps,
    warnings: [],
    evictions: [],
    lines: [],
    counts: [],
  };
  return {
    ...made,
    addPod: (name, fields) => createPod(cluster, { namespace: apps, name, isInjected: false, controller, ...fields }),
    async podNames() {
      const { body } = await cluster.request<{ readonly items: readonly KubeObject[] }>({
        path: `/api/v1/namespaces/${apps}/pods`,
      });
      return body.items.map(({ metadata }) => metadata.name);
    },
    start(mode) {
      const ending = new AbortController();
      const running = new ProxyRepair({
        kube,
        namespaces,
        excludedNamespaces: [],
        pods: new PodStore(),
        decide: (pod) => decideInjection(pod, injection),
        mode,
        intervalMs: 100,
        evictionsPerMinute: 20,
        warn: (warning) => made.warnings.push(warning),
        metrics: {
          podsWithoutProxy: (count) => made.counts.push(count),
          eviction: (outcome) => made.evictions.push(outcome),
        },
        clock: laterClock,
        logger: memoryLogger(made.lines),
      }).run(ending.signal);
      onTestFinished(async () => {
        ending.abort();
        await running;
        await kube.close();
      });
    },
  };
}

describe('a Pod without its proxy', () => {
  test('is reported once, and those beside it are not', async () => {
    const { apps, start, addPod, podNames, warnings, counts } = await site();
    await addPod('web-0');
    await addPod('proxied', { isInjected: true });
    await addPod('unwilling', { annotations: { enabled: 'false' } });
    await addPod('finished');
    await patchStatus(`/api/v1/namespaces/${apps}/pods/finished`, { phase: 'Succeeded' });
    start('report');
    await waitUntil(() => counts.length > 5);
    expect(warnings.map(({ object, reason }) => [object.metadata.name, reason])).toEqual([['web-0', 'ProxyMissing']]);
    expect(new Set(counts)).toEqual(new Set([1]));
    expect(await podNames()).toHaveLength(4);
  });
});

describe('an eviction', () => {
  test('removes one Pod of a controller that makes another, and no bare one', async () => {
    const { start, addPod, podNames, evictions, counts } = await site();
    await addPod('web-0');
    await addPod('web-1');
    await addPod('bare', { controller: null });
    start('evict');
    await waitUntil(() => evictions.length > 0);
    const looks = counts.length;
    await waitUntil(() => counts.length > looks + 5);
    expect(evictions).toEqual(['evicted']);
    expect(await podNames()).toEqual(['bare', 'web-1']);
  });

  test('waits until the disruption budget allows it', async () => {
    const { apps, start, addPod, podNames, evictions } = await site();
    await addPod('web-0', { labels: { app: 'web' } });
    await patchStatus(`/api/v1/namespaces/${apps}/pods/web-0`, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
    });
    const budgets = `/apis/policy/v1/namespaces/${apps}/poddisruptionbudgets`;
    await cluster.mustRequest({
      path: budgets,
      body: { metadata: { name: 'web' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } },
    });
    const allow = (disruptionsAllowed: number): Promise<void> =>
      patchStatus(`${budgets}/web`, {
        observedGeneration: 1,
        disruptionsAllowed,
        currentHealthy: 1,
        desiredHealthy: 1 - disruptionsAllowed,
        expectedPods: 1,
      });
    await allow(0);
    start('evict');
    await waitUntil(() => evictions.length > 1);
    expect(new Set(evictions)).toEqual(new Set(['refused']));
    expect(await podNames()).toEqual(['web-0']);
    await allow(1);
    await waitUntil(() => evictions.includes('evicted'));
    expect(await podNames()).toEqual([]);
  });

  test('needs a permission that is granted only where it is asked for', async () => {
    const { start, addPod, podNames, lines } = await site({ canEvict: false });
    await addPod('web-0');
    start('evict');
    await waitUntil(() => lines.some(({ level }) => level === 'warn'));
    expect(lines.find(({ level }) => level === 'warn')?.fields['err']).toMatchObject({ status: 403 });
    expect(await podNames()).toEqual(['web-0']);
  });
});

async function patchStatus(path: string, status: unknown): Promise<void> {
  await cluster.mustRequest({
    method: 'PATCH',
    path: `${path}/status`,
    contentType: 'application/merge-patch+json',
    body: { status },
  });
}
