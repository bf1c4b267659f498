/** HTTPEndpoints made up at random, most of them nearly right. */
import fc from 'fast-check';
import type { UnknownRecord } from '#shared/resources/read-field.ts';

const identity = { apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint', metadata: { name: 'x' } };

/** Pieces of manifests, right and wrong, that a schema or a rule may care about. */
export function httpEndpointDocuments(): fc.Arbitrary<UnknownRecord> {
  const text = fc.constantFrom('a', '', 'b c', 'Ü', '0');
  const any = fc.oneof(text, fc.constant(null), fc.integer(), fc.boolean(), fc.constant({ a: 1 }), fc.constant(['a']));
  const sometimes = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 40, arbitrary: value }, { weight: 1, arbitrary: any });
  const reference = fc.record({ name: sometimes(text), key: sometimes(text) }, { requiredKeys: ['name'] });
  const source = { value: any, secretKeyRef: sometimes(reference), envRef: sometimes(text) };
  const document = sometimes(fc.record(source, { requiredKeys: [] }));
  const name = fc.constantFrom('A', 'X-Zone', 'accept', 'x_y', 'b c', 'é', '', 'a:b', "!#$%&'*+.^_`|~-", 'Host');
  const header = fc.record({ name: sometimes(name), ...source, other: any }, { requiredKeys: ['name'] });
  const renegotiation = sometimes(fc.constantFrom('Never', 'OnceAsClient', 'Other'));
  const baseUrl = fc.constantFrom(
    'https://a.example',
    'http://b:80/c/',
    'HTTPS://c',
    'http://[::1]:80/x',
    'https://u:p@a.example',
    'ftp://a',
    '/v1',
  );
  const spec = fc.record(
    {
      baseUrl: sometimes(baseUrl),
      headers: sometimes(fc.array(sometimes(header), { maxLength: 3 })),
      clientTLS: sometimes(
        fc.record(
          { rootCA: document, certificate: document, privateKey: document, renegotiation },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: ['baseUrl'] },
  );
  return fc
    .record(
      {
        spec: sometimes(spec),
        auth: sometimes(fc.record({ secretStore: sometimes(text) })),
        scopes: sometimes(fc.array(sometimes(text), { maxLength: 2 })),
      },
      { requiredKeys: ['spec'] },
    )
    .map((written) => ({ ...identity, ...written }));
}
