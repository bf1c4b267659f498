import { describe, expect, test } from 'vitest';
import { parseHttpEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import { secretReferencesOf } from '../../../operator/tables/secret-uses.ts';

function referencesOf(spec: object): readonly string[] {
  const document = {
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'HTTPEndpoint',
    metadata: { name: 'a', namespace: 'shop' },
    spec,
  };
  const references = secretReferencesOf(parseHttpEndpoint({ document, location: '' }));
  return references.map(({ secret, key }) => `${secret} ${key}`);
}

const ref = (name: string): object => ({ secretKeyRef: { name } });

describe('the Secrets that an endpoint references', () => {
  test('are those of its headers and TLS documents, in its own namespace, with their keys', () => {
    const spec = {
      baseUrl: 'https://a.example',
      headers: [
        { name: 'A', ...ref('one') },
        { name: 'B', secretKeyRef: { name: 'one', key: 'other' } },
        { name: 'C', value: 'v', ...ref('two') },
      ],
      clientTLS: { rootCA: ref('ca'), certificate: ref('tls'), privateKey: ref('tls') },
    };
    expect(referencesOf(spec)).toEqual([
      'shop/one one',
      'shop/one other',
      'shop/two two',
      'shop/ca ca',
      'shop/tls tls',
      'shop/tls tls',
    ]);
  });

  test.each([
    ['an environment variable wins', { headers: [{ name: 'A', envRef: 'ZONE', ...ref('s') }] }],
    [
      'a later header of the name wins',
      {
        headers: [
          { name: 'A', ...ref('s') },
          { name: 'a', value: 'v' },
        ],
      },
    ],
    ['the proxy sets the header', { headers: [{ name: 'Host', ...ref('s') }] }],
    ['the base URL is not https', { baseUrl: 'http://a.example', clientTLS: { rootCA: ref('s') } }],
    ['the schema is broken', { headers: [{ name: 'A', ...ref('s') }, {}] }],
  ])('are not those that are never used: %s', (_why, spec) => {
    expect(referencesOf({ baseUrl: 'https://a.example', ...spec })).toEqual([]);
  });
});
