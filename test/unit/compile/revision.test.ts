import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { defaultConfiguration } from '#shared/resources/configuration.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { snapshotOf, type SnapshotOptions } from '../../support/snapshot-of.ts';

const audience = { appId: 'orders', namespace: '' };

function tableOf(text: string, options: SnapshotOptions = {}): EndpointTable {
  return compile(snapshotOf(text, options), audience).table;
}

function endpoint(spec: string, name = 'github'): string {
  return `apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

const secret = (value: string): string =>
  `---\napiVersion: v1\nkind: Secret\nmetadata: { name: gh }\nstringData: { gh: ${value} }\n`;

const plain = '{ baseUrl: https://api.example.com, headers: [{ name: A, value: a }] }';
const withSecret = '{ baseUrl: https://api.example.com, headers: [{ name: A, secretKeyRef: { name: gh } }] }';

describe('a revision', () => {
  test('is the same for the same content, whatever the order, the comments and the file', () => {
    const one = tableOf(`${endpoint(plain)}---\n${endpoint(plain, 'other')}`);
    const two = tableOf(`# a comment\n${endpoint(plain, 'other')}---\n\n${endpoint(plain)}`);
    expect(one.revision).toMatch(/^[0-9a-f]{32}$/);
    expect(two.revision).toBe(one.revision);
  });

  test.each([
    ['path', '{ baseUrl: https://api.example.com/v1, headers: [{ name: A, value: a }] }'],
    ['query', '{ baseUrl: "https://api.example.com?a", headers: [{ name: A, value: a }] }'],
    ['credentials in the URL', '{ baseUrl: https://u:p@api.example.com, headers: [{ name: A, value: a }] }'],
    ['header name', '{ baseUrl: https://api.example.com, headers: [{ name: B, value: a }] }'],
    ['header value', '{ baseUrl: https://api.example.com, headers: [{ name: A, value: b }] }'],
    ['header', '{ baseUrl: https://api.example.com }'],
    ['refusal', '{ baseUrl: nowhere }'],
  ])('of an endpoint and of its table changes with the %s', (_what, spec) => {
    const before = tableOf(endpoint(plain));
    const after = tableOf(endpoint(spec));
    expect(after.endpointsByName.get('github')?.revision).not.toBe(before.endpointsByName.get('github')?.revision);
    expect(after.revision).not.toBe(before.revision);
  });

  test('changes with the value of a secret, of an environment variable and of a password in the URL', () => {
    const revisions = [
      tableOf(endpoint(withSecret) + secret('one')),
      tableOf(endpoint(withSecret) + secret('two')),
      tableOf(endpoint('{ baseUrl: https://a, headers: [{ name: A, envRef: E }] }'), { env: { E: 'one' } }),
      tableOf(endpoint('{ baseUrl: https://a, headers: [{ name: A, envRef: E }] }'), { env: { E: 'two' } }),
      tableOf(endpoint('{ baseUrl: "https://u:one@a" }')),
      tableOf(endpoint('{ baseUrl: "https://u:two@a" }')),
    ].map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  test('stays when a secret changes that nobody refers to', () => {
    expect(tableOf(endpoint(plain) + secret('two')).revision).toBe(tableOf(endpoint(plain) + secret('one')).revision);
  });

  test('of a value that is not public cannot be guessed without the key', () => {
    const one = tableOf(endpoint(plain), { fingerprintKey: 'one' });
    const two = tableOf(endpoint(plain), { fingerprintKey: 'two' });
    expect(two.revision).not.toBe(one.revision);
  });

  test('needs no key where nothing is secret, so replicas agree', () => {
    const spec = endpoint('{ baseUrl: https://api.example.com/v1 }');
    expect(tableOf(spec, { fingerprintKey: 'two' }).revision).toBe(tableOf(spec, { fingerprintKey: 'one' }).revision);
  });

  test('of a table changes with the Configuration', () => {
    const snapshot = snapshotOf(endpoint(plain));
    const apiAccess = { allowed: [], denied: [{ name: 'shutdown', version: 'v1' }] };
    const other = { ...snapshot, configuration: { ...defaultConfiguration, apiAccess } };
    expect(compile(other, audience).table.revision).not.toBe(compile(snapshot, audience).table.revision);
  });
});
