/**
 * Texts that take a careless pattern the square of their length, or more: whoever may make Pods or endpoints writes them, and one
 * replica answers for the whole cluster. Each test would take minutes.
 */
import { describe, expect, test } from 'vitest';
import { middlewareTypes } from '#shared/table/middleware.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import type { Surroundings } from '../../../../operator/admission/findings.ts';
import { objectFindings } from '../../../../operator/admission/object-findings.ts';
import { decideInjection } from '../../../../operator/inject/decide-injection.ts';
import { injectProxy } from '../../../../operator/inject/inject-proxy.ts';
import { knownAnnotations } from '../../../../operator/inject/known-annotations.ts';
import { jsonPatch } from '../../../../operator/inject/json-patch.ts';

const settingNames = (
  'key issuer audience jwksURL rootCA clientID clientSecret scopes tokenURL authURL redirectURL headerName pathFilter ' +
  'endpointParamsQuery rego url includedHeaders routes rule direction timeout decision'
).split(' ');

const length = 250_000;
const filled = (part: string): string => part.repeat(length / part.length);

const texts = {
  spaces: `x${filled(' ')}x`,
  'spaces after a comma': `x,${filled(' ')}x`,
  commas: filled(','),
  digits: filled('1'),
  slashes: `v:/${filled('/')}x`,
  dashes: `${filled('a-')}!`,
  'line ends': `${filled('\r\n')}x`,
};

const around: Surroundings = {
  secretStoreKind: () => 'unknown',
  resiliencies: () => [],
  middleware: () => [],
};

describe.each(Object.entries(texts))('%s', (_, text) => {
  test('in an annotation', () => {
    const settings = operatorSettingsFrom(['--proxy-image=proxy:1'], {});
    const options = { ...settings, hasNativeSidecars: true };
    for (const name of [...knownAnnotations, 'unknown']) {
      const annotations = { 'dapr.io/enabled': 'true', 'dapr.io/app-id': 'a', [`farpoint.dev/${name}`]: text };
      const pod = { metadata: { annotations }, spec: { containers: [{ name: 'app' }], volumes: [{ name: 'v' }] } };
      const report = decideInjection(pod, options);
      const patch = jsonPatch(pod, injectProxy(pod, report));
      expect(patch.length > 0).toBe(report.kind === 'inject');
    }
  });

  test('in an HTTPEndpoint', () => {
    const headers = [
      { name: text, value: text },
      { name: 'A', value: text },
      { name: 'B', envRef: text },
    ];
    const document = { value: text };
    const spec = {
      baseUrl: `https://a.example/${text}`,
      headers,
      clientTLS: { renegotiation: 'Never', rootCA: document, certificate: document, privateKey: document },
    };
    const object = { metadata: { name: text, namespace: text }, spec, scopes: [text], auth: { secretStore: text } };
    expect(objectFindings('HTTPEndpoint', object, around).errors.length).toBeGreaterThan(0);
    const named = { ...object, metadata: { name: 'a', namespace: 'b' } };
    expect(objectFindings('HTTPEndpoint', named, around).errors.length).toBeGreaterThan(0);
  });

  test('in a Resiliency', () => {
    const policies = {
      timeouts: { [text]: text, t: text },
      retries: { r: { policy: text, duration: text, matching: { httpStatusCodes: text, httpMethods: text } } },
      circuitBreakers: { c: { interval: text, timeout: text, trip: text } },
    };
    const targets = { apps: { [text]: { timeout: text, retry: text }, far: { circuitBreaker: text } } };
    const object = { metadata: { name: 'a', namespace: 'b' }, spec: { policies, targets }, scopes: [text] };
    expect(objectFindings('Resiliency', object, around).errors.length).toBeGreaterThan(0);
  });

  test.each(middlewareTypes)('in the settings of a Component of type %s', (type) => {
    const settings = settingNames.flatMap((name) => [
      { name, value: text },
      { name, envRef: text },
    ]);
    for (const metadata of [
      [...settings, { name: text, value: text }],
      [{ name: 'maxRequestsPerSecond', value: text }],
    ]) {
      const object = { metadata: { name: 'a', namespace: 'b' }, spec: { type, version: 'v1', metadata } };
      expect(objectFindings('Component', object, around)).toBeDefined();
    }
  });

  test('in a Configuration', () => {
    const handlers = [
      { name: text, type: text },
      { name: 'a', type: 'middleware.http.ratelimit', version: text },
    ];
    const spec = { httpPipeline: { handlers }, components: { deny: [text] } };
    const object = { metadata: { name: 'a', namespace: 'b' }, spec };
    expect(objectFindings('Configuration', object, around).errors.length).toBeGreaterThan(0);
  });
});

test('annotations that the API server will refuse for their length are refused before they are read', () => {
  const annotations = { 'dapr.io/enabled': 'true', 'example.com/notes': 'x'.repeat(300_000) };
  expect(
    decideInjection({ metadata: { annotations } }, { ...operatorSettingsFrom([], {}), hasNativeSidecars: true }),
  ).toEqual({
    kind: 'refuse',
    mistakes: ['the annotations hold more than 262144 bytes.'],
  });
});
