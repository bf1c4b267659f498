import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import type { ClusterSource } from '../../../../operator/source/cluster-source.ts';
import { closedConfiguration } from '../../../../operator/tables/closed-configuration.ts';
import type { FakeListWatches } from '../../../support/fake-list-watches.ts';
import { endpointObject, kubeObject, secretObject } from '../../../support/kube-objects.ts';
import type { ManualClock } from '../../../support/manual-clock.ts';
import type { LogLine } from '../../../support/memory-logger.ts';
import { SourceStage } from '../../../support/source-stage.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

let watches: FakeListWatches;
let clock: ManualClock;
let source: ClusterSource;
let secretsByName: Map<string, KubeObject>;
let marks: string[];
let lines: LogLine[];
let start: (namespaces: readonly string[]) => ClusterSource;

beforeEach(() => {
  const stage = new SourceStage();
  ({ watches, clock, source, secretsByName, marks, lines } = stage);
  start = (namespaces) => stage.start(namespaces);
});

describe('what is watched', () => {
  test('is each kind once for all namespaces, Pods and Secrets by their metadata only', () => {
    expect(
      watches.started.map(({ options: { type, namespace, isMetadataOnly, labelSelector, fieldSelector } }) =>
        [type.plural, namespace, isMetadataOnly, labelSelector, fieldSelector].join(' '),
      ),
    ).toEqual([
      'httpendpoints  false  ',
      'configurations  false  ',
      'resiliencies  false  ',
      'components  false  ',
      'pods  true dapr.io/sidecar-injected=true status.phase!=Succeeded,status.phase!=Failed',
      'secrets  true  ',
    ]);
  });

  test('is each kind in each namespace, when some are named', () => {
    watches.started.length = 0;
    start(['a', 'b']);
    expect(watches.started.map(({ options: { type, namespace } }) => `${namespace}/${type.plural}`)).toEqual([
      'a/httpendpoints',
      'b/httpendpoints',
      'a/configurations',
      'b/configurations',
      'a/resiliencies',
      'b/resiliencies',
      'a/components',
      'b/components',
      'a/pods',
      'b/pods',
      'a/secrets',
      'b/secrets',
    ]);
  });
});

describe('readiness', () => {
  test('needs every first list and every referenced Secret', async () => {
    secretsByName.set('s', secretObject('s', { token: 'one' }));
    let isLoaded = false;
    const loaded = source.loaded(new AbortController().signal).then(() => (isLoaded = true));
    expect(source.missing()).toHaveLength(6);
    watches.show('httpendpoints', endpointObject('a', { secret: 's' }));
    watches.syncAll();
    expect(source.missing()).toEqual(['1 referenced Secrets are not read yet']);
    expect(isLoaded).toBe(false);
    await loaded;
    expect(source.missing()).toEqual([]);
  });

  test('comes when the only endpoint with a Secret that is not read goes', async () => {
    watches.syncAll();
    watches.show('httpendpoints', endpointObject('a', { secret: 's' }));
    const loaded = source.loaded(new AbortController().signal);
    watches.remove('httpendpoints', endpointObject('a', { secret: 's' }));
    await loaded;
    expect(source.missing()).toEqual([]);
  });

  test('is not given by a server that does not know HTTPEndpoint, until it does', async () => {
    watches.of('httpendpoints').fail(404);
    await waitUntil(() => source.missing().some((sentence) => sentence.includes('install')));
    watches.syncAll();
    expect(source.missing()).toEqual(['the API server does not know httpendpoints.dapr.io: install crds/']);
    const before = watches.started.length;
    clock.advance(5_000);
    await waitUntil(() => watches.started.length > before);
    watches.of('httpendpoints').options.onSynced();
    expect(source.missing()).toEqual([]);
  });

  test('does without the kinds that are for some only where they are not installed', async () => {
    watches.of('configurations').fail(404);
    watches.of('resiliencies').fail(404);
    watches.of('components').fail(404);
    await waitUntil(() => lines.length === 3);
    watches.syncAll();
    expect(source.missing()).toEqual([]);
    expect(lines.map(({ level, fields }) => `${level} ${String(fields['kind'])}`)).toEqual([
      'info configurations.dapr.io',
      'info resiliencies.dapr.io',
      'info components.dapr.io',
    ]);
  });

  test('is not given when Configurations may not be listed: they may deny something', async () => {
    watches.of('configurations').fail(403);
    await waitUntil(() => lines.length === 1);
    watches.syncAll();
    expect(source.missing()).toEqual(['configurations.dapr.io cannot be listed: answered 403']);
  });
});

describe('endpoints', () => {
  test('are parsed once for each generation: a status write marks nothing', () => {
    watches.show('httpendpoints', endpointObject('a', { generation: 1, resourceVersion: '1' }));
    const before = source.endpoint('default/a')?.parsed;
    watches.show('httpendpoints', endpointObject('a', { generation: 1, resourceVersion: '2' }));
    expect(source.endpoint('default/a')?.parsed).toBe(before);
    expect(source.endpoint('default/a')?.object.metadata.resourceVersion).toBe('2');
    expect(marks).toEqual(['endpoint default/a']);
  });

  test('are parsed again when they change, or are made anew under the same name', () => {
    watches.show('httpendpoints', endpointObject('a', { generation: 1 }));
    watches.show('httpendpoints', endpointObject('a', { generation: 2, baseUrl: 'https://two.example' }));
    watches.show('httpendpoints', endpointObject('a', { generation: 2, uid: 'other', baseUrl: 'https://3.example' }));
    const parsed = source.endpoint('default/a')?.parsed;
    expect(parsed?.state === 'valid' ? parsed.endpoint.baseUrl : '').toBe('https://3.example');
    expect(marks).toEqual(['endpoint default/a', 'endpoint default/a', 'endpoint default/a']);
  });

  test('that break the schema are known by name', () => {
    watches.show('httpendpoints', kubeObject('a', { generation: 1 }, { spec: { baseUrl: 7 } }));
    expect(source.endpoint('default/a')?.parsed.state).toBe('invalid');
  });

  test('that are gone are forgotten with their Secrets', async () => {
    secretsByName.set('s', secretObject('s', { token: 'one' }));
    watches.show('httpendpoints', endpointObject('a', { secret: 's' }));
    await waitUntil(() => source.secret('default/s').state === 'loaded');
    watches.remove('httpendpoints', endpointObject('a'));
    expect([...source.endpointKeys()]).toEqual([]);
    expect(source.counts).toMatchObject({ endpoints: 0, secrets: 0 });
    expect(marks).toEqual(['endpoint default/a', 'secret default/s', 'endpoint default/a']);
  });

  test('are shown to who writes their status at each change, also of the status', () => {
    const seen: string[] = [];
    source.onEndpointSeen((key) => seen.push(key));
    watches.show('httpendpoints', endpointObject('a', { resourceVersion: '1' }));
    watches.show('httpendpoints', endpointObject('a', { resourceVersion: '2' }));
    watches.remove('httpendpoints', endpointObject('a'));
    expect(seen).toEqual(['default/a', 'default/a', 'default/a']);
  });

  test('of a watch that begins anew: what it does not list is gone', async () => {
    watches.show('httpendpoints', endpointObject('a'), endpointObject('b'));
    watches.syncAll();
    watches.of('httpendpoints').fail(403);
    const before = watches.started.length;
    await waitUntil(() => lines.length === 1);
    clock.advance(5_000);
    await waitUntil(() => watches.started.length > before);
    expect([...source.endpointKeys()]).toEqual(['default/a', 'default/b']);
    watches.show('httpendpoints', endpointObject('b'), endpointObject('c'));
    watches.of('httpendpoints').options.onSynced();
    expect([...source.endpointKeys()]).toEqual(['default/b', 'default/c']);
  });
});

describe('Configurations', () => {
  const good = kubeObject('c', { generation: 1 }, { spec: { logging: { apiLogging: { enabled: true } } } });
  const broken = kubeObject('c', { generation: 2 }, { spec: { logging: { apiLogging: { enabled: 'yes' } } } });

  test('are parsed, and there is none by another name', () => {
    watches.show('configurations', good);
    expect(source.configuration('default/c')?.apiLogging.enabled).toBe(true);
    expect(source.configuration('other/c')).toBeNull();
    expect(marks).toEqual(['configuration default/c']);
  });

  test('that turn bad keep what they said', () => {
    watches.show('configurations', good, broken);
    expect(source.configuration('default/c')?.apiLogging.enabled).toBe(true);
    expect(source.counts.brokenConfigurations).toBe(1);
    expect(lines[0]?.fields['inForce']).toBe('the last good one');
  });

  test('that were bad from the beginning let nothing through', () => {
    watches.show('configurations', broken);
    expect(source.configuration('default/c')).toBe(closedConfiguration);
    expect(lines[0]?.fields['mistakes']).toEqual([
      'Configuration default/c: spec.logging.apiLogging.enabled must be true or false',
    ]);
  });

  test('that are deleted are none', () => {
    watches.show('configurations', good);
    watches.remove('configurations', good);
    expect(source.configuration('default/c')).toBeNull();
  });
});

describe('secret stores', () => {
  const component = (name: string, type: string): KubeObject => kubeObject(name, {}, { spec: { type } });

  test('are the built-in one, and those that Components declare in the namespace', () => {
    watches.show('components', component('own', 'secretstores.kubernetes'), component('vault', 'secretstores.vault'));
    watches.show('components', component('queue', 'bindings.queue'));
    expect(source.secretStoreKind('default', '')).toBe('kubernetes');
    expect(source.secretStoreKind('default', 'kubernetes')).toBe('kubernetes');
    expect(source.secretStoreKind('default', 'own')).toBe('kubernetes');
    expect(source.secretStoreKind('default', 'vault')).toBe('unsupported');
    expect(source.secretStoreKind('default', 'queue')).toBe('unknown');
    expect(source.secretStoreKind('other', 'own')).toBe('unknown');
    expect(marks).toEqual(['stores default', 'stores default']);
  });

  test('of another type take the name of the built-in one', () => {
    watches.show('components', component('kubernetes', 'secretstores.vault'));
    expect(source.secretStoreKind('default', 'kubernetes')).toBe('unsupported');
  });

  test('that are gone are unknown', () => {
    watches.show('components', component('own', 'secretstores.kubernetes'));
    watches.show('components', component('own', 'bindings.queue'));
    expect(source.secretStoreKind('default', 'own')).toBe('unknown');
  });
});

test('Pods are a directory that tells of each difference', () => {
  const told: string[] = [];
  source.pods.onChange(({ kind, object }) => told.push(`${kind} ${object.metadata.uid}`));
  watches.show('pods', kubeObject('p', { uid: '1' }), kubeObject('p', { uid: '2' }));
  expect(source.pods.pod('default', 'p')?.metadata.uid).toBe('2');
  watches.remove('pods', kubeObject('p'));
  expect(source.pods.pod('default', 'p')).toBeNull();
  expect([...source.pods.pods()]).toEqual([]);
  expect(told).toEqual(['upsert 1', 'delete 1', 'upsert 2', 'delete 2']);
});

describe('the Secrets of an endpoint that names another store', () => {
  const ofStore = (secretStore: string): KubeObject => ({
    ...endpointObject('a', { secret: 's' }),
    auth: { secretStore },
  });

  test('are not read', () => {
    watches.show('httpendpoints', ofStore('vault'));
    expect(source.counts.secrets).toBe(0);
  });

  test('are read as soon as a Component says that it is the API server, and forgotten when it is gone', () => {
    const component = kubeObject('vault', {}, { spec: { type: 'secretstores.kubernetes' } });
    watches.show('httpendpoints', ofStore('vault'));
    watches.show('components', component);
    expect(source.counts.secrets).toBe(1);
    watches.remove('components', component);
    expect(source.counts.secrets).toBe(0);
  });
});
