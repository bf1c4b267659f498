import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { defaultOptions } from '#shared/compile/default-options.ts';
import type { Problem } from '#shared/errors/problem.ts';
import { maxMessageLength } from '#shared/push/push-message.ts';
import type { Pipelines } from '#shared/table/middleware.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';
import { snapshotOf, type SnapshotOptions } from '../../support/snapshot-of.ts';
import { documents } from '../../support/tls-manifests.ts';

const audience = { appId: 'orders', namespace: '' };
const handler = { name: 'limit', type: 'middleware.http.ratelimit', version: 'v1' };
const configuration = { pipelines: { http: [handler], app: [] } };

const component = (metadata: readonly object[], name = 'limit', type = 'ratelimit'): string =>
  JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Component',
    metadata: { name },
    spec: { type: `middleware.http.${type}`, version: 'v1', metadata },
  });
const secret = (key: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key } });
const fromSecret = [{ name: 'key', secretKeyRef: { name: 's', key: 'key' } }];

interface Compiled {
  readonly revision: string;
  readonly pipelines: Pipelines;
  readonly problems: readonly Problem[];
}

function compiled(manifests: readonly string[], options: SnapshotOptions = { configuration }): Compiled {
  const { table, problems } = compile(snapshotOf(documents(...manifests), options), audience);
  return { revision: table.revision, pipelines: table.pipelines, problems };
}

test('a secret that is not there does not hide what is wrong besides', () => {
  const wrong = [{ name: 'burst', value: 'lots' }, { name: 'bursts', value: 1 }, ...fromSecret];
  const { problems, pipelines } = compiled([component(wrong)]);
  expect(problems.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
    'SecretNotFound: setting key: secret default/s is not in store kubernetes',
    'InvalidMiddleware: burst must be a whole number, at least 1 and at most 1000000000',
    'SettingIgnored: bursts is no setting of this type and has no effect; did you mean burst?',
  ]);
  expect(pipelines.http).toMatchObject([{ state: 'refused', reason: 'SecretNotFound' }]);
});

test.each([
  [{ scope: ['shop'] }, {}, 'scope is not known; is scopes meant?'],
  [{}, { metdata: [] }, 'spec.metdata is not known; is metadata meant?'],
  [{}, { metadata: [{ name: 'burst', vale: 1 }] }, 'spec.metadata[0].vale is not known; is value meant?'],
])('a slip in the name of a field of a Component does not leave it out: %j %j', (top, spec, message) => {
  const type = 'middleware.http.ratelimit';
  const manifest = { apiVersion: 'dapr.io/v1alpha1', kind: 'Component', metadata: { name: 'limit' }, ...top };
  const { problems, pipelines } = compiled([JSON.stringify({ ...manifest, spec: { type, version: 'v1', ...spec } })]);
  expect(problems).toMatchObject([{ reason: 'InvalidComponent', message }, { reason: 'ComponentNotFound' }]);
  expect(pipelines.http).toMatchObject([{ state: 'refused' }]);
});

describe('the revision of a middleware', () => {
  test('is the same for the same content, and changes with every part of it, the table with it', () => {
    const first = compiled([component([{ name: 'burst', value: 2 }])]);
    expect(compiled([component([{ name: 'burst', value: 2 }])])).toEqual(first);
    const others = [
      compiled([component([{ name: 'burst', value: 3 }])]),
      compiled([component([{ name: 'Burst', value: 2 }])]),
      compiled([component([])]),
      compiled([component(fromSecret), secret('one')]),
      compiled([component(fromSecret), secret('two')]),
      compiled([]),
      compiled([component([{ name: 'burst', value: 2 }])], {
        configuration: { pipelines: { http: [], app: [handler] } },
      }),
      compiled([component([{ name: 'burst', value: 2 }])], { configuration, fingerprintKey: 'another' }),
    ];
    expect(new Set([first, ...others].map(({ revision }) => revision)).size).toBe(9);
  });

  test('says nothing of the value, and nor does anything else', () => {
    const { revision, pipelines, problems } = compiled([component(fromSecret), secret('S3CR3T {path}')]);
    expect(pipelines.http).toMatchObject([{ state: 'ready' }]);
    expect(inspect([revision, pipelines, problems], { depth: 9 })).not.toContain('S3CR3T');
    const broken = compiled([component(fromSecret), secret('S3CR3T {wrong}')]);
    expect(broken.pipelines.http).toMatchObject([{ state: 'refused', reason: 'InvalidMiddleware' }]);
    expect(inspect(broken, { depth: 9 })).not.toContain('S3CR3T');
  });
});

describe('pipelines', () => {
  test('hold no more than fits into one message, and refuse what is beyond', () => {
    const rego = `package http\n# ${'x'.repeat(600 * 1024)}`;
    const metadata = [
      { name: 'rego', value: rego },
      { name: 'url', value: 'http://localhost:8181' },
    ];
    const policy = { name: 'policy', type: 'middleware.http.opa', version: 'v1' };
    const { pipelines, problems } = compiled([component(metadata, 'policy', 'opa'), component([])], {
      configuration: { pipelines: { http: [policy, policy, handler], app: [policy] } },
    });
    expect([...pipelines.http, ...pipelines.app].map(({ state }) => state)).toEqual([
      'ready',
      'refused',
      'ready',
      'refused',
    ]);
    expect(problems.map(({ reason }) => reason)).toEqual(['MiddlewareTooLarge', 'MiddlewareTooLarge']);
  });

  test('fit into one message of the push channel, whatever bytes they hold and however many are refused', () => {
    const http = [
      handler,
      ...Array.from({ length: 99 }, (_, index) => ({ ...handler, name: `${index}`.padEnd(253, 'x') })),
    ];
    const data = { key: Buffer.alloc(1024 * 1024 - 3, 1).toString('base64') };
    const worst = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data });
    const { pipelines } = compiled([component(fromSecret), worst], {
      configuration: { pipelines: { http, app: http } },
    });
    expect(pipelines.http[0]?.state).toBe('ready');
    const encoded = JSON.stringify(encodeOptions({ ...defaultOptions, pipelines }));
    expect(encoded.length).toBeGreaterThan(6 * 1024 * 1024);
    expect(encoded.length).toBeLessThan(maxMessageLength / 2);
  });

  test('give a reason of bounded length', () => {
    const metadata = Array.from({ length: 900 }, (_, index) => ({
      name: `setting-${index}`,
      secretKeyRef: { name: 'nowhere-'.repeat(20) },
    }));
    const [entry] = compiled([component(metadata)]).pipelines.http;
    expect(entry).toMatchObject({ state: 'refused', reason: 'SecretNotFound' });
    expect(entry?.state === 'refused' ? entry.message.length : 0).toBeLessThan(2_100);
  });

  test('leave to the proxy what only its environment knows', () => {
    const snapshot = snapshotOf(component([{ name: 'burst', envRef: 'BURST' }]), { configuration });
    const { table, problems } = compile({ ...snapshot, env: null }, audience);
    expect(table.pipelines.http).toMatchObject([
      { state: 'ready', settings: [], environmentSettings: [{ name: 'burst', variable: 'BURST' }] },
    ]);
    expect(problems).toEqual([]);
    const reserved = snapshotOf(component([{ name: 'burst', envRef: 'DAPR_API_TOKEN' }]), { configuration });
    expect(compile({ ...reserved, env: null }, audience).table.pipelines.http).toMatchObject([
      { state: 'refused', reason: 'EnvNotAllowed' },
    ]);
  });
});
