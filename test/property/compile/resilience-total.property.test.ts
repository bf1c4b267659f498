import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileResilience } from '#shared/compile/compile-resilience.ts';
import { defaultOptions } from '#shared/compile/default-options.ts';
import { optionsDigest } from '#shared/compile/options-digest.ts';
import { parseResiliency } from '#shared/resources/parse-resiliency.ts';
import { indexTargets, policiesForUrl } from '#shared/resilience/policies-for.ts';
import { decodeOptions, encodedOptions, encodeOptions } from '#shared/table/options-codec.ts';

const json = fc.jsonValue({ maxDepth: 3 });
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
const some = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary, weight: 9 }, { arbitrary: json, weight: 1 });
const duration = some(fc.constantFrom('5s', '250', '1m30s', '0', '-1s', 'soon', '', '9e9h', '99999999999999999h'));
const integer = some(fc.oneof(fc.integer(), fc.bigInt(), fc.constantFrom(-1, 0, 3, 1e308)));
const policyName = fc.constantFrom('p', 'q', 'DefaultRetryPolicy', 'DaprBuiltInServiceRetries', '__proto__', '');
const targetKey = fc.oneof(
  text,
  fc.constantFrom('app', '*.example.com', 'https://a.example.com', 'https://u:S3CR3T@a.example.com', '__proto__'),
);
const retry = fc.record(
  {
    policy: some(fc.constantFrom('constant', 'Exponential', 'other')),
    duration,
    initialInterval: duration,
    multiplier: some(fc.double()),
    maxInterval: duration,
    jitter: some(fc.constantFrom('none', 'half', 'full')),
    maxRetries: integer,
    maxElapsedTime: duration,
    matching: some(
      fc.record(
        {
          httpStatusCodes: some(fc.constantFrom('500', '429, 500-504', '5xx', '600', '504-500')),
          httpMethods: some(fc.constantFrom('POST', '*', 'a b', 'post,patch')),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
);
const breaker = fc.record(
  {
    maxRequests: integer,
    interval: duration,
    timeout: duration,
    trip: some(fc.constantFrom('requests > 5', 'requests >', 'x', 'requests / 0 > 1')),
  },
  { requiredKeys: [] },
);
const target = fc.record(
  {
    timeout: some(policyName),
    retry: some(policyName),
    circuitBreaker: some(policyName),
    circuitBreakerCacheSize: integer,
  },
  { requiredKeys: [] },
);
const spec = fc.record(
  {
    policies: some(
      fc.record(
        {
          timeouts: some(fc.dictionary(policyName, duration)),
          retries: some(fc.dictionary(policyName, some(retry))),
          circuitBreakers: some(fc.dictionary(policyName, some(breaker))),
        },
        { requiredKeys: [] },
      ),
    ),
    targets: some(fc.record({ apps: some(fc.dictionary(targetKey, some(target))) }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);
const document = fc.record(
  {
    kind: fc.constant('Resiliency'),
    metadata: some(fc.record({ name: fc.constantFrom('one', 'two'), namespace: text }, { requiredKeys: ['name'] })),
    scopes: some(fc.array(text)),
    spec: some(spec),
  },
  { requiredKeys: ['kind', 'metadata'] },
);

describe('whatever a Resiliency says', () => {
  test('it is compiled to something that every proxy takes', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 3 }), (documents) => {
        const parsed = documents.map((one) => parseResiliency({ document: one, location: 'a.yaml:1' }));
        const { resilience, problems } = compileResilience(parsed.flatMap(({ resiliency }) => resiliency ?? []));
        const options = { ...defaultOptions, resilience };
        const wire: unknown = JSON.parse(JSON.stringify(encodeOptions(options)));
        const taken = decodeOptions(encodedOptions.parse(wire));
        expect(taken).toEqual(options);
        expect(optionsDigest(taken)).toBe(optionsDigest(options));
        policiesForUrl(indexTargets(resilience), 'https://a.example.com', 'https://a.example.com');
        const all = [...problems, ...parsed.flatMap(({ problem }) => problem ?? [])];
        expect(JSON.stringify(all)).not.toContain('S3CR3T');
      }),
      { numRuns: 1_000 },
    );
  });
});
