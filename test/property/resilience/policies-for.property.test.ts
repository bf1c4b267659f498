import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { indexTargets, policiesForApp, policiesForEndpoint, policiesForUrl } from '#shared/resilience/policies-for.ts';
import { noPolicies, noResilience, type TargetPolicies } from '#shared/table/resilience.ts';

const label = fc.constantFrom('a', 'b', 'com');
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const scheme = fc.constantFrom('http', 'https');
const port = fc.constantFrom('', ':80', ':443', ':8443');
const url = fc.tuple(scheme, host, port).map(([one, two, three]) => `${one}://${two}${three}`);
const app = fc.tuple(label, fc.constantFrom('', '.shop', '.other')).map((parts) => parts.join(''));
const pattern = fc
  .tuple(fc.constantFrom('', 'http://', 'https://'), host, port)
  .map(([one, two, three]) => `${one}*.${two}${three}`);
const key = fc.oneof(
  app,
  url,
  url.map((text) => `${text}/v1`),
  pattern,
);

/** The key whose entry holds; `''` for the defaults. As plain as it can be said. */
function urlKey(keys: readonly string[], text: string): string {
  if (keys.includes(text)) return text;
  const { origin, protocol, hostname } = new URL(text);
  const sameOrigin = keys.filter((one) => /^https?:\/\/[^*/]+$/.test(one) && new URL(one).origin === origin);
  if (sameOrigin.length > 0) return sameOrigin.at(-1) ?? '';
  const defaultPort = protocol === 'https:' ? '443' : '80';
  const ownPort = new URL(text).port || defaultPort;
  const matches = keys.flatMap((one) => {
    const [, wanted = '', suffix = '', portText = ''] = /^(?:(https?):\/\/)?\*\.([^:]+)(?::(\d+))?$/.exec(one) ?? [];
    if (suffix === '' || !hostname.endsWith(`.${suffix}`)) return [];
    if (wanted !== '' && `${wanted}:` !== protocol) return [];
    const wantedPort = portText || (wanted === '' ? '' : defaultPort);
    if (wantedPort !== '' && wantedPort !== ownPort) return [];
    const rank = suffix.length * 10 + (wanted === '' ? 0 : 2) + (wanted === '' && portText !== '' ? 1 : 0);
    return [{ one, rank }];
  });
  // Of two spellings of one pattern, the later.
  return matches.reduce((best, match) => (match.rank >= best.rank ? match : best), { one: '', rank: -1 }).one;
}

function appKey(keys: readonly string[], text: string): string {
  const other = text.endsWith('.shop') ? text.slice(0, -5) : `${text}.shop`;
  return [text, other].find((one) => keys.includes(one)) ?? '';
}

/** Policies that tell one entry from another. */
function policiesNamed(name: string): TargetPolicies {
  return { ...noPolicies, timeout: { name, resource: 'r', timeoutMs: 1 } };
}

function indexOf(keys: readonly string[]): ReturnType<typeof indexTargets> {
  const targets = keys.map((one) => ({ key: one, policies: policiesNamed(one) }));
  return indexTargets({ ...noResilience, targets, defaults: policiesNamed('') });
}

describe('the policies for a call', () => {
  test('to a URL are those of its text, its origin, or the most specific pattern', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 12 }),
        fc.oneof(
          url,
          url.map((text) => `${text}/v1`),
        ),
        (keys, text) => {
          const match = policiesForUrl(indexOf(keys), text, new URL(text).origin);
          expect(match.key).toBe(urlKey(keys, text));
          expect(match.policies).toEqual(policiesNamed(match.key));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('to an app or an endpoint are those of its name, with its own namespace or without', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 12 }), app, label, (keys, text, name) => {
        const index = indexOf(keys);
        expect(policiesForApp(index, text, 'shop').key).toBe(appKey(keys, text));
        expect(policiesForEndpoint(index, name, 'shop').key).toBe(appKey(keys, name));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a pattern', () => {
  test.each([
    ['https://a.example.com', '*.example.com'],
    ['https://b.a.example.com', '*.example.com'],
    ['https://example.com', ''],
    ['https://aexample.com', ''],
    ['https://a.example.com.evil', ''],
    ['https://[2001:db8::1]', ''],
    ['https://127.0.0.1', ''],
  ])('of a host holds for %s: %j', (text, expected) => {
    expect(policiesForUrl(indexOf(['*.example.com']), text, text).key).toBe(expected);
  });

  test.each([
    ['https://api.example.com', 'https://api.example.com.'],
    ['https://api.example.com.', 'https://api.example.com'],
    ['https://api.example.com:8443', 'https://api.example.com.:8443'],
    ['*.example.com', 'https://api.example.com.'],
    ['*.example.com.', 'https://api.example.com'],
  ])('%s holds for %s: the dot at the end says that the name is complete', (one, text) => {
    expect(policiesForUrl(indexOf([one]), text, text).key).toBe(one);
  });
});
