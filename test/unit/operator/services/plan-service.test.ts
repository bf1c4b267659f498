/** Pods -> the Service of their app -> what is to be done with the one that is there. */
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import { noOwner, type ObjectOwner } from '../../../../operator/ownership/object-owner.ts';
import { planService } from '../../../../operator/services/plan-service.ts';
import { parseServiceAnnotations } from '../../../../operator/services/parse-service-annotations.ts';
import { decisiveNeed, serviceNeedFrom } from '../../../../operator/services/service-need.ts';
import { wantedService, type WantedService } from '../../../../operator/services/wanted-service.ts';
import { fakeOwner } from '../../../support/fake-owner.ts';
import { kubeObject } from '../../../support/kube-objects.ts';

const prefixes = ['dapr.io', 'farpoint.dev'];

interface PodFields {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly createdAt?: string;
  readonly isEnding?: boolean;
}

function podOf({ name = 'orders-0', annotations = {}, createdAt, isEnding = false }: PodFields = {}): KubeObject {
  const pod = kubeObject(name, {
    namespace: 'shop',
    labels: { 'dapr.io/app-id': 'orders', 'dapr.io/sidecar-injected': 'true' },
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, text]) => [`dapr.io/${key}`, text])),
  });
  const times = {
    ...(createdAt !== undefined && { creationTimestamp: createdAt }),
    ...(isEnding && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  };
  return { ...pod, metadata: { ...pod.metadata, ...times } };
}

function wantedFor(...pods: readonly PodFields[]): WantedService {
  const needs = pods.map((pod) => serviceNeedFrom(podOf(pod), prefixes)).filter((need) => need !== null);
  const need = decisiveNeed(needs);
  if (need === null) throw new Error('nobody needs it');
  return wantedService(need);
}

/** As the API server keeps what was created. */
function stored(wanted: WantedService): KubeObject {
  const spec = { ...wanted.spec, clusterIPs: ['None'], type: 'ClusterIP', sessionAffinity: 'None' };
  return { ...wanted, metadata: { ...wanted.metadata, uid: 'uid', resourceVersion: '7' }, spec };
}

describe('the Service that is wanted', () => {
  test('is headless, for Pods of any workload, with the ports that proxies serve', () => {
    expect(wantedFor({})).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'orders-dapr',
        namespace: 'shop',
        labels: { 'app.kubernetes.io/managed-by': 'farpoint-operator' },
        annotations: {
          'dapr.io/app-id': 'orders',
          'prometheus.io/probe': 'true',
          'prometheus.io/scrape': 'true',
          'prometheus.io/port': '9090',
          'prometheus.io/path': '/',
        },
      },
      spec: {
        clusterIP: 'None',
        selector: { 'dapr.io/app-id': 'orders', 'dapr.io/sidecar-injected': 'true' },
        ports: [
          { name: 'dapr-http', port: 80, targetPort: 3500, protocol: 'TCP', appProtocol: 'http' },
          { name: 'dapr-metrics', port: 9090, targetPort: 9090, protocol: 'TCP', appProtocol: 'http' },
        ],
      },
    });
  });

  test('says nothing of metrics that are off', () => {
    const { metadata, spec } = wantedFor({ annotations: { 'enable-metrics': 'no' } });
    expect(metadata.annotations).toEqual({ 'dapr.io/app-id': 'orders' });
    expect(spec['ports']).toHaveLength(1);
  });

  test.each([
    ['9123', 9123],
    ['0', 9090],
    ['99999', 9090],
    ['http', 9090],
  ])('has the metrics port %j as %d', (text, port) => {
    const { metadata, spec } = wantedFor({ annotations: { 'metrics-port': text } });
    expect(metadata.annotations['prometheus.io/port']).toBe(String(port));
    expect(spec['ports']).toMatchObject([{ port: 80 }, { port }]);
  });

  test('has no two ports of one number', () => {
    expect(wantedFor({ annotations: { 'metrics-port': '80' } }).spec['ports']).toMatchObject([{ name: 'dapr-http' }]);
  });

  test('has the annotations that a Pod asks for, but for those that mean something here', () => {
    const text = 'team=platform, example.com/a=b=c,dapr.io/app-id=other,prometheus.io/port=1,no-value, bad key=1,=x';
    expect(wantedFor({ annotations: { 'sidecar-svc-annotations': text } }).metadata.annotations).toMatchObject({
      team: 'platform',
      'example.com/a': 'b=c',
      'dapr.io/app-id': 'orders',
      'prometheus.io/port': '9090',
      'farpoint.dev/service-annotations': 'example.com/a,team',
    });
  });

  test('is what the newest of the Pods that stay asks for, in whatever order they are seen', () => {
    const at = (second: number, metricsPort: string, isEnding = false): PodFields => ({
      name: `orders-${metricsPort}`,
      createdAt: `2026-01-01T00:00:0${second}Z`,
      annotations: { 'metrics-port': metricsPort },
      isEnding,
    });
    const pods = [at(1, '9001'), at(2, '9002'), at(2, '9003'), at(3, '9004', true)];
    for (const order of [pods, pods.toReversed()]) {
      expect(wantedFor(...order).metadata.annotations['prometheus.io/port']).toBe('9003');
    }
  });

  test.each([
    ['without the label', {}],
    ['with a label that is no app id', { 'dapr.io/app-id': 'Orders_1' }],
    ['with one that is too long for the name of a Service', { 'dapr.io/app-id': 'a'.repeat(59) }],
  ])('is not there for a Pod %s', (_, labels) => {
    expect(serviceNeedFrom(kubeObject('orders-0', { labels }), prefixes)).toBeNull();
  });
});

test.each([
  ['', {}],
  ['a=1,b=2', { a: '1', b: '2' }],
  ['a=1,a=2', { a: '2' }],
  ['a=,b', { a: '' }],
  ['__proto__=1,constructor=2', { constructor: '2' }],
])('annotations of %j', (text, expected) => {
  expect(parseServiceAnnotations(text)).toEqual(expected);
});

describe('the step', () => {
  const wanted = wantedFor({});

  test('is to create it, with its owner', () => {
    const step = planService(wanted, null, fakeOwner('role'));
    expect(step).toMatchObject({ kind: 'create', object: { metadata: { ownerReferences: [{ uid: 'role' }] } } });
  });

  test('is none while it is as it should be, whatever others added', () => {
    const present = stored(wanted);
    const { labels, annotations } = wanted.metadata;
    const added = {
      ...present,
      metadata: { ...present.metadata, labels: { ...labels, mine: '1' }, annotations: { ...annotations, mine: '1' } },
    };
    expect(planService(wanted, present, noOwner)).toEqual({ kind: 'none' });
    expect(planService(wanted, added, noOwner)).toEqual({ kind: 'none' });
    expect(planService(wanted, { ...present, metadata: ending(present) }, noOwner)).toEqual({ kind: 'none' });
    expect(planService(null, { ...present, metadata: ending(present) }, noOwner)).toEqual({ kind: 'none' });
    expect(planService(null, null, noOwner)).toEqual({ kind: 'none' });
  });

  test.each<readonly [string, (present: KubeObject) => KubeObject, ObjectOwner]>([
    ['the selector', (present) => ({ ...present, spec: { ...wanted.spec, selector: { app: 'orders' } } }), noOwner],
    ['a port', (present) => ({ ...present, spec: { ...wanted.spec, ports: [] } }), noOwner],
    ['an annotation', (present) => ({ ...present, metadata: { ...present.metadata, annotations: {} } }), noOwner],
    ['the owner', (present) => present, fakeOwner('role')],
  ])('is to update it when %s is another', (_, edit, owner) => {
    const present = stored(wanted);
    const step = planService(wanted, edit(present), owner);
    expect(step).toMatchObject({ kind: 'update', object: { metadata: { uid: 'uid', resourceVersion: '7' } } });
    if (step.kind === 'update') expect(planService(wanted, step.object, owner)).toEqual({ kind: 'none' });
  });

  test('takes back annotations that nobody asks for any more, and no others', () => {
    const former = stored(wantedFor({ annotations: { 'sidecar-svc-annotations': 'team=a,stays=1' } }));
    const present = {
      ...former,
      metadata: { ...former.metadata, annotations: { ...former.metadata.annotations, mine: '1' } },
    };
    const next = wantedFor({ annotations: { 'sidecar-svc-annotations': 'stays=2', 'enable-metrics': 'false' } });
    const step = planService(next, present, noOwner);
    expect(step.kind === 'update' && step.object.metadata.annotations).toEqual({
      mine: '1',
      stays: '2',
      'dapr.io/app-id': 'orders',
      'farpoint.dev/service-annotations': 'stays',
    });
  });

  test('is to delete it when nobody needs it, or when it cannot be changed', () => {
    const present = stored(wanted);
    expect(planService(null, present, noOwner)).toEqual({ kind: 'delete', why: 'unneeded', object: present });
    const withAddress = { ...present, spec: { ...wanted.spec, clusterIP: '10.0.0.7' } };
    expect(planService(wanted, withAddress, noOwner)).toMatchObject({ kind: 'delete', why: 'unchangeable' });
  });

  test('leaves alone what has the label and is for no app', () => {
    const labels = { 'app.kubernetes.io/managed-by': 'farpoint-operator' };
    expect(planService(null, kubeObject('web-dapr', { labels }), noOwner)).toEqual({ kind: 'none' });
  });

  function ending({ metadata }: KubeObject): KubeObject['metadata'] {
    return { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  }
});
