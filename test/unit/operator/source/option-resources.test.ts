/** Resiliencies and middleware in the source. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import type { ClusterSource } from '../../../../operator/source/cluster-source.ts';
import type { FakeListWatches } from '../../../support/fake-list-watches.ts';
import { endpointObject, kubeObject, secretObject, type ObjectOptions } from '../../../support/kube-objects.ts';
import { SourceStage } from '../../../support/source-stage.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

let watches: FakeListWatches;
let source: ClusterSource;
let secretsByName: Map<string, KubeObject>;
let marks: string[];

beforeEach(() => {
  ({ watches, source, secretsByName, marks } = new SourceStage());
});

describe('Resiliencies', () => {
  const resiliency = (name: string, options: ObjectOptions = {}): KubeObject =>
    kubeObject(name, { generation: 1, ...options }, { spec: { policies: {}, targets: {} } });

  test('are those of a namespace, in order of name whatever the order in which they came', () => {
    watches.show('resiliencies', resiliency('b'), resiliency('a'), resiliency('c', { namespace: 'other' }));
    expect(source.resiliencies('default').map(({ name }) => name)).toEqual(['a', 'b']);
    expect(marks).toEqual(['resiliency default/b', 'resiliency default/a', 'resiliency other/c']);
    expect([...source.optionNamespaces()]).toEqual(['default', 'other']);
    watches.remove('resiliencies', resiliency('c', { namespace: 'other' }));
    expect(source.resiliencies('other')).toEqual([]);
    expect([...source.optionNamespaces()]).toEqual(['default']);
  });

  test('are parsed once for each generation: a status write marks nothing, and is shown to who writes it', () => {
    const seen: string[] = [];
    source.resiliencyObjects.onSeen((key) => seen.push(key));
    watches.show('resiliencies', resiliency('a'), resiliency('a', { resourceVersion: '2' }));
    expect(marks).toEqual(['resiliency default/a']);
    expect(seen).toEqual(['default/a', 'default/a']);
    expect(source.resiliencyObjects.get('default/a')?.object.metadata.resourceVersion).toBe('2');
  });
});

describe('middleware', () => {
  const secret = { name: 'limit', secretKeyRef: { name: 's', key: 'token' } };
  const middleware = (more: Readonly<Record<string, unknown>> = {}, generation = 1): KubeObject =>
    kubeObject('m', { generation }, { spec: { type: 'middleware.http.ratelimit', metadata: [secret] }, ...more });

  test('is kept with its Secrets, for as long as it is there', async () => {
    secretsByName.set('s', secretObject('s', { token: 'one', other: 'two' }));
    watches.show('components', middleware());
    expect(source.middleware('default').map(({ name }) => name)).toEqual(['m']);
    await waitUntil(() => source.secret('default/s').state === 'loaded');
    const reading = source.secret('default/s');
    expect(reading.state === 'loaded' ? [...reading.valuesByKey.keys()] : []).toEqual(['token']);
    expect(marks).toEqual(['middleware default/m', 'secret default/s']);
    watches.remove('components', middleware());
    expect(source.counts).toMatchObject({ middleware: 0, secrets: 0 });
  });

  test('shares a Secret with an endpoint: neither takes it from the other', async () => {
    secretsByName.set('s', secretObject('s', { token: 'one' }));
    watches.show('httpendpoints', endpointObject('m', { secret: 's' }));
    watches.show('components', middleware());
    await waitUntil(() => source.secret('default/s').state === 'loaded');
    watches.remove('httpendpoints', endpointObject('m', { secret: 's' }));
    expect(source.secret('default/s').state).toBe('loaded');
    watches.remove('components', middleware());
    expect(source.counts.secrets).toBe(0);
  });

  test('has no business with the API server where its store is another one', async () => {
    secretsByName.set('s', secretObject('s', { token: 'one' }));
    const vault = kubeObject('vault', {}, { spec: { type: 'secretstores.vault' } });
    watches.show('components', vault, middleware({ auth: { secretStore: 'vault' } }));
    expect(source.counts.secrets).toBe(0);
    watches.show('components', kubeObject('vault', {}, { spec: { type: 'secretstores.kubernetes' } }));
    await waitUntil(() => source.secret('default/s').state === 'loaded');
  });

  test('is known by its name when it cannot be read; a Component of another type is not kept', () => {
    const broken = kubeObject('m', { generation: 1 }, { spec: { type: 'middleware.http.opa', metadata: 7 } });
    const queue = kubeObject('queue', { generation: 1 }, { spec: { type: 'bindings.queue' } });
    watches.show('components', broken, queue);
    expect(source.middleware('default')).toMatchObject([{ name: 'm', parsed: { component: null } }]);
    watches.show('components', kubeObject('m', { generation: 2 }, { spec: { type: 'bindings.queue' } }));
    expect(source.middleware('default')).toEqual([]);
  });
});
