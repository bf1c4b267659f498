import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { defaultOptions } from '#shared/compile/default-options.ts';
import type { Endpoint, EndpointTable } from '#shared/table/endpoint-table.ts';
import { optionsOf } from '#shared/table/options-of.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import { closedPipelines } from '../../../operator/tables/closed-configuration.ts';
import { HeldTable } from '../../../proxy/subscribe/held-table.ts';
import { SharedDocuments } from '../../../proxy/subscribe/shared-documents.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';
import { tableOf } from '../../support/table-of.ts';

const filling = { env: new Map<string, string>(), allowedEnvNames: null, fingerprintKey: 'k' };

function heldWith(changes: ReadonlyMap<string, Endpoint>, table: EndpointTable): HeldTable {
  return HeldTable.none().changed(changes, { revision: 'r', options: optionsOf(table), filling });
}

describe('a held table', () => {
  const table = tableOf(httpEndpoint('far', 'http://far.example'), httpEndpoint('bad', 'ftp://far.example'));

  test('says in its Hello what it holds, refused endpoints too', () => {
    const held = heldWith(table.endpointsByName, table);
    expect(Object.keys(held.hello('1').revisionsByName)).toEqual(['bad', 'far']);
    expect(held.isNone).toBe(false);
    expect(HeldTable.none().hello('1')).toEqual({ revision: '', revisionsByName: {}, version: '1' });
  });

  test('says that it holds nothing when its names would fill more than the control plane reads', () => {
    const changes = new Map<string, Endpoint>();
    for (let count = 0; count < 25_000; count++) {
      const name = `an-endpoint-with-a-long-name-${count}`;
      changes.set(name, { state: 'refused', name, revision: '0'.repeat(32), reason: 'R', message: 'm' });
    }
    const held = heldWith(changes, table);
    expect(held.hello('1')).toEqual({ revision: '', revisionsByName: {}, version: '1' });
    changes.delete('an-endpoint-with-a-long-name-0');
    const half = heldWith(new Map([...changes].slice(0, 20_000)), table);
    expect(JSON.stringify(half.hello('1')).length).toBeLessThan(2 * 1024 * 1024);
    expect(half.hello('1').revision).toBe('r');
  });

  test('knows the problems of its endpoints', () => {
    expect(heldWith(table.endpointsByName, table).problems('shop')).toEqual([
      {
        subject: { kind: 'HTTPEndpoint', namespace: 'shop', name: 'bad', location: '' },
        reason: 'InvalidBaseUrl',
        message: expect.stringContaining('spec.baseUrl') as string,
        severity: 'error',
      },
    ]);
  });
});

describe('the middleware of a held table', () => {
  const handler = { name: 'limit', type: 'middleware.http.ratelimit', version: 'v1' };
  const component = JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Component',
    metadata: { name: 'limit' },
    spec: { type: handler.type, version: 'v1', metadata: [{ name: 'burst', envRef: 'BURST' }] },
  });
  const other = { ...handler, name: 'nowhere' };
  const snapshot = snapshotOf(component, { configuration: { pipelines: { http: [handler], app: [handler, other] } } });
  const { table } = compile({ ...snapshot, env: null }, { appId: 'orders', namespace: 'shop' });
  const heldIn = (env: Readonly<Record<string, string>>): HeldTable =>
    HeldTable.none().changed(new Map(), {
      revision: 'r',
      options: optionsOf(table),
      filling: { ...filling, env: new Map(Object.entries(env)) },
    });

  test('is filled in from the environment, and kept as it came for the cache', () => {
    const held = heldIn({ BURST: '7' });
    expect(held.table.pipelines.app[0]).toMatchObject({ state: 'ready', environmentSettings: [] });
    expect(held.options.pipelines).toBe(table.pipelines);
    expect(held.uncallable()).toEqual([]);
  });

  test('that its environment makes unusable is refused, reported and logged once, with what the operator refuses', () => {
    const held = heldIn({ BURST: 'S3CR3T' });
    expect([...held.table.pipelines.http, ...held.table.pipelines.app].map(({ state }) => state)).toEqual([
      'refused',
      'refused',
      'refused',
    ]);
    const message = 'burst must be a whole number, at least 1 and at most 1000000000';
    expect(held.uncallable()).toEqual([['', `Component limit: ${message}`]]);
    expect(held.problems('shop')).toMatchObject([
      { subject: { kind: 'Component', namespace: 'shop', name: 'nowhere' }, reason: 'ComponentNotFound' },
      { subject: { kind: 'Component', namespace: 'shop', name: 'limit' }, reason: 'InvalidMiddleware', message },
    ]);
  });
});

test('a Configuration that is not there is a problem of the Configuration', () => {
  const options = {
    ...defaultOptions,
    pipelines: closedPipelines({ namespace: 'shop', appId: 'orders', configuration: 'strict' }, 'missing'),
  };
  const held = HeldTable.none().changed(new Map(), { revision: 'r', options, filling });
  expect(held.problems('shop')).toMatchObject([
    { subject: { kind: 'Configuration', namespace: 'shop', name: 'strict' }, reason: 'ConfigurationNotFound' },
  ]);
});

describe('SharedDocuments', () => {
  const document = (value: string, version: string): Sensitive =>
    new Sensitive(value, { ref: 'secret ca/ca.crt', version });
  const rootsOf = (shared: SharedDocuments, rootCa: Sensitive): Sensitive | null =>
    shared.share({ rootCa, identity: null }).rootCa;

  test('keep one copy of what is the same, and mix nothing up', () => {
    const shared = new SharedDocuments();
    const first = document('bundle', '1');
    expect(rootsOf(shared, first)).toBe(first);
    expect(rootsOf(shared, document('bundle', '1'))).toBe(first);
    const rotated = document('bundle 2', '2');
    expect(rootsOf(shared, rotated)).toBe(rotated);
    const forged = document('another bundle', '1');
    expect(rootsOf(shared, forged)).toBe(forged);
    shared.sweep();
    expect(rootsOf(shared, document('bundle 2', '2'))).toBe(rotated);
  });
});
