/** Pods that should have a proxy, over an API server in memory and a clock that stands still. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { decideInjection } from '../../../../operator/inject/decide-injection.ts';
import type { KubeObject, OwnerReference } from '../../../../operator/kube/kube-object.ts';
import { ProxyRepair, type ProxyRepairOptions } from '../../../../operator/repair/proxy-repair.ts';
import { PodStore } from '../../../../operator/source/pod-store.ts';
import type { Warning } from '../../../../operator/warning-event.ts';
import { FakeKubeClient } from '../../../support/fake-kube-client.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';

const minuteMs = 60_000;
const path = (name: string): string => `pods/shop/${name}`;

interface PodFields {
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** `ReplicaSet web`; none: a bare Pod. */
  readonly controller?: string;
  readonly containers?: readonly string[];
  readonly createdAt?: string;
  readonly deletionTimestamp?: string;
}

function controllerFrom(text: string): readonly OwnerReference[] {
  const [kind = '', name = ''] = text.split(' ');
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1';
  return text === '' ? [] : [{ apiVersion, kind, name, uid: `uid-${name}`, controller: true }];
}

function podFrom(name: string, fields: PodFields): KubeObject {
  const { namespace = 'shop', controller = 'ReplicaSet web', containers = ['web'], ...rest } = fields;
  const { createdAt = '2025-12-31T00:00:00Z', annotations = {}, labels = {}, deletionTimestamp } = rest;
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels,
      annotations: { 'dapr.io/enabled': 'true', 'dapr.io/app-id': 'web', ...annotations },
      creationTimestamp: createdAt,
      ownerReferences: controllerFrom(controller),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    spec: { containers: containers.map((container) => ({ name: container, image: 'web:1' })) },
  };
}

interface Bench {
  readonly client: FakeKubeClient;
  readonly lines: LogLine[];
  readonly warnings: Warning[];
  readonly evictions: string[];
  readonly count: () => number;
  readonly add: (name: string, fields?: PodFields) => void;
  /** A Pod with a proxy. */
  readonly replace: (name: string, controller?: string) => void;
  readonly pass: (ms: number) => Promise<void>;
}

function bench(options: Partial<ProxyRepairOptions> = {}): Bench {
  const client = new FakeKubeClient();
  const clock = new ManualClock();
  const pods = new PodStore();
  const lines: LogLine[] = [];
  const warnings: Warning[] = [];
  const evictions: string[] = [];
  let count = 0;
  const { proxy, annotationPrefixes, tokenAudience } = operatorSettingsFrom(['--proxy-image=proxy:1'], {});
  const injection = { proxy, annotationPrefixes, tokenAudience, hasNativeSidecars: true };
  const controller = new AbortController();
  const repair = new ProxyRepair({
    kube: client,
    namespaces: [],
    excludedNamespaces: ['kube-system', 'farpoint-system'],
    pods,
    decide: (pod) => decideInjection(pod, injection),
    mode: 'report',
    intervalMs: 5 * minuteMs,
    evictionsPerMinute: 20,
    warn: (warning) => warnings.push(warning),
    metrics: {
      podsWithoutProxy: (now) => {
        count = now;
      },
      eviction: (outcome) => evictions.push(outcome),
    },
    clock,
    logger: memoryLogger(lines),
    ...options,
  });
  const running = repair.run(controller.signal);
  onTestFinished(async () => {
    controller.abort();
    await running;
    expect(count).toBe(0);
  });
  return {
    client,
    lines,
    warnings,
    evictions,
    count: () => count,
    add(name, fields = {}) {
      const pod = podFrom(name, fields);
      client.put(`pods/${pod.metadata.namespace ?? ''}/${name}`, pod);
    },
    replace(name, owner = 'ReplicaSet web') {
      pods.upsert(podFrom(name, { controller: owner, labels: { 'dapr.io/sidecar-injected': 'true' } }));
    },
    async pass(ms) {
      for (let restMs = ms; restMs > 0; restMs -= 1_000) {
        clock.advance(Math.min(1_000, restMs));
        for (let n = 0; n < 10; n += 1) await turn();
      }
    },
  };
}

describe('a Pod without its proxy', () => {
  test('gets one Event that says what to do, and is counted until it is gone', async () => {
    const { add, client, count, pass, warnings, evictions } = bench();
    add('web-0');
    await pass(20 * minuteMs);
    expect(warnings).toMatchObject([
      {
        object: { metadata: { name: 'web-0', uid: 'uid-web-0' } },
        kind: 'Pod',
        reason: 'ProxyMissing',
        note:
          'its annotations ask for a proxy, and it has none: it was made while the injector was not there; delete it, and ' +
          'the one that takes its place has a proxy',
      },
    ]);
    expect(count()).toBe(1);
    expect(evictions).toEqual([]);
    expect(client.countOf('get', 'pods')).toBe(1);
    client.remove(path('web-0'));
    await pass(5 * minuteMs);
    expect(count()).toBe(0);
  });

  test.each<readonly [string, PodFields, string]>([
    ['that nobody makes again', { controller: '' }, 'delete it and make it again'],
    ['of a Job', { controller: 'Job report' }, 'run its Job again'],
    ['of who knows what', { controller: 'Workflow build' }, 'delete it when that does no harm'],
    ['that could not have one', { annotations: { 'dapr.io/app-port': 'http' } }, 'correct what it is made from'],
    ['with an unusable yes', { annotations: { 'dapr.io/enabled': 'maybe' } }, 'correct what it is made from'],
  ])('%s is told apart, and not evicted', async (_, fields, advice) => {
    const { add, count, pass, warnings, evictions } = bench({ mode: 'evict' });
    add('web-0', fields);
    await pass(10 * minuteMs);
    expect(warnings.map(({ note }) => note)).toEqual([expect.stringContaining(advice)]);
    expect(warnings[0]?.note.length).toBeLessThan(700);
    expect(count()).toBe(1);
    expect(evictions).toEqual([]);
  });

  test.each<readonly [string, PodFields]>([
    ['asks for none', { annotations: { 'dapr.io/enabled': 'no' } }],
    ['has one', { labels: { 'dapr.io/sidecar-injected': 'true' } }],
    ['has one without a label', { containers: ['web', 'daprd'] }],
    ['is on its way out', { deletionTimestamp: '2026-01-01T00:00:00Z' }],
    ['belongs to the cluster', { namespace: 'kube-system' }],
    ['belongs to Farpoint', { namespace: 'farpoint-system' }],
    ['is a file of its node', { annotations: { 'kubernetes.io/config.mirror': 'x' } }],
    ['comes from a file', { annotations: { 'kubernetes.io/config.source': 'file' } }],
  ])('is none that %s', async (_, fields) => {
    const { add, count, pass, warnings, evictions } = bench({ mode: 'evict' });
    add('web-0', fields);
    await pass(10 * minuteMs);
    expect([warnings, evictions, count()]).toEqual([[], [], 0]);
  });

  test('is not called one in its first seconds', async () => {
    const { add, pass, warnings } = bench({ intervalMs: 1_000 });
    add('web-0', { createdAt: '2026-01-01T00:00:00Z' });
    await pass(9_000);
    expect(warnings).toEqual([]);
    await pass(3_000);
    expect(warnings).toHaveLength(1);
  });

  test('is looked for only where proxies are served', async () => {
    const { client, pass } = bench({ namespaces: ['shop', 'bank'] });
    await pass(minuteMs);
    expect(client.calls.map(({ verb, path: asked }) => `${verb} ${asked}`)).toEqual([
      'list pods/shop/',
      'list pods/bank/',
    ]);
  });

  test('is looked for again soon when the API server did not answer', async () => {
    const { add, client, pass, lines, warnings } = bench();
    add('web-0');
    client.failure = () => linkError(503);
    await pass(3 * minuteMs);
    client.failure = () => null;
    await pass(minuteMs);
    expect(warnings).toHaveLength(1);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

describe('evictions', () => {
  test('go on with a controller only after a Pod with a proxy has come', async () => {
    const { add, evictions, pass, replace } = bench({ mode: 'evict' });
    for (let n = 0; n < 3; n += 1) add(`web-${n}`);
    await pass(20 * minuteMs);
    expect(evictions).toEqual(['evicted']);
    replace('web-3');
    await pass(6 * minuteMs);
    expect(evictions).toEqual(['evicted', 'evicted']);
    replace('web-4');
    await pass(6 * minuteMs);
    expect(evictions).toHaveLength(3);
  });

  test('make no loop when the Pods that come have no proxy either', async () => {
    const { add, client, evictions, pass } = bench({ mode: 'evict' });
    add('web-0');
    await pass(minuteMs);
    expect(client.object(path('web-0'))).toBeUndefined();
    for (let n = 1; n < 100; n += 1) {
      add(`web-${n}`);
      await pass(minuteMs);
    }
    expect(evictions).toEqual(['evicted']);
  });

  test('are so many in a minute at most, once it is seen that Pods with a proxy come', async () => {
    const { add, client, evictions, pass, replace } = bench({ mode: 'evict', evictionsPerMinute: 5 });
    for (let n = 0; n < 20; n += 1) add(`web-${n}`, { controller: `ReplicaSet web-${n}` });
    const counts: number[] = [];
    for (let minute = 0; minute < 7; minute += 1) {
      await pass(minute === 0 ? 31_000 : 61_000);
      counts.push(evictions.length);
      for (let n = 0; n < 20; n += 1) {
        if (client.object(path(`web-${n}`)) === undefined) replace(`new-${n}`, `ReplicaSet web-${n}`);
      }
    }
    expect(counts).toEqual([1, 2, 4, 8, 13, 18, 20]);
  });

  test('are few when no Pods with a proxy come in their place, however many controllers there are', async () => {
    const { add, evictions, pass, replace } = bench({ mode: 'evict' });
    for (let n = 0; n < 200; n += 1) add(`web-${n}`, { controller: `ReplicaSet web-${n}` });
    await pass(4 * minuteMs);
    expect(evictions).toHaveLength(1);
    await pass(10 * minuteMs);
    expect(evictions).toHaveLength(3);
    for (let n = 0; n < 200; n += 1) replace(`new-${n}`, `ReplicaSet web-${n}`);
    await pass(10 * minuteMs);
    expect(evictions.length).toBeGreaterThan(3);
  });

  test('wait for a disruption budget', async () => {
    const { add, client, evictions, pass } = bench({ mode: 'evict' });
    add('web-0');
    client.failure = ({ verb }) => (verb === 'evict' ? linkError(429) : null);
    await pass(3 * minuteMs);
    expect(new Set(evictions)).toEqual(new Set(['refused']));
    client.failure = () => null;
    await pass(minuteMs + 1_000);
    expect(evictions.at(-1)).toBe('evicted');
  });

  test('stop where they are forbidden, and that is said once', async () => {
    const { add, client, lines, pass } = bench({ mode: 'evict' });
    for (let n = 0; n < 5; n += 1) add(`web-${n}`, { controller: `ReplicaSet web-${n}` });
    client.failure = ({ verb }) => (verb === 'evict' ? linkError(403) : null);
    await pass(11 * minuteMs);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(client.countOf('evict', 'pods')).toBeLessThan(4);
  });

  test('spare a Pod that asks for no proxy any more', async () => {
    const { add, client, evictions, pass } = bench({ mode: 'evict' });
    add('web-0');
    client.failure = ({ verb }) => {
      // Between the list and the eviction.
      if (verb === 'get' && client.countOf('get', 'pods') === 2)
        add('web-0', { annotations: { 'dapr.io/enabled': 'no' } });
      return null;
    };
    await pass(2 * minuteMs);
    expect(evictions).toEqual([]);
  });
});
