import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEndpoint, encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import { Sensitive } from '#shared/table/sensitive.ts';

/** Every byte, as one character. */
const byteString = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const label = fc.string({ maxLength: 20 });
const sensitive = fc
  .record({ value: byteString, ref: label, version: label })
  .map(({ value, ref, version }) => new Sensitive(value, { ref, version }));
const name = fc.stringMatching(/^[a-z0-9.-]{1,40}$/);
const fieldName = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
const revision = fc.stringMatching(/^[0-9a-f]{32}$/);

const endpoint: fc.Arbitrary<Endpoint> = fc.oneof(
  fc.record({
    state: fc.constant('ready' as const),
    name,
    revision,
    baseUrl: fc.record({
      origin: fc.constantFrom('https://api.example.com', 'http://[::1]:8080'),
      path: fc.stringMatching(/^[\x21-\x7e]{0,20}$/),
      query: fc.stringMatching(/^[\x21-\x7e]{0,20}$/),
      authorization: fc.option(sensitive),
    }),
    headers: fc.array(fc.record({ name: fieldName, value: sensitive }), { maxLength: 4 }),
    environmentHeaders: fc.array(fc.record({ name: fieldName, variable: label }), { maxLength: 4 }),
    tls: fc.option(
      fc.record({
        rootCa: fc.option(sensitive),
        identity: fc.option(fc.record({ certificateChain: sensitive, privateKey: sensitive })),
      }),
    ),
  }),
  fc.record({ state: fc.constant('refused' as const), name, revision, reason: label, message: fc.string() }),
);

/** With every secret as text, since toEqual cannot see into one. */
function revealed(value: unknown): unknown {
  if (value instanceof Sensitive) return { ref: value.ref, version: value.version, value: value.reveal() };
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, revealed(field)]));
}

const overTheWire = (value: unknown): unknown =>
  JSON.parse(Buffer.from(JSON.stringify(value), 'utf8').toString('utf8'));

describe('an endpoint', () => {
  test('comes through the wire as it was, every byte of its secrets included', () => {
    fc.assert(
      fc.property(endpoint, (original) => {
        const decoded = decodeEndpoint(overTheWire(encodeEndpoint(original)));
        expect(revealed(decoded)).toEqual(revealed(original));
        expect(encodeEndpoint(decoded)).toEqual(encodeEndpoint(original));
      }),
    );
  });

  test('that came through the wire still cannot be printed', () => {
    const value = new Sensitive('s3cr3t', { ref: 'secret a/b/c', version: 'v' });
    const original: Endpoint = {
      state: 'ready',
      name: 'a',
      revision: 'r',
      baseUrl: { origin: 'https://a', path: '', query: '', authorization: value },
      headers: [{ name: 'A', value }],
      environmentHeaders: [],
      tls: { rootCa: value, identity: { certificateChain: value, privateKey: value } },
    };
    const decoded = decodeEndpoint(overTheWire(encodeEndpoint(original)));
    expect(inspect(decoded, { depth: 9 }) + JSON.stringify(decoded)).not.toContain('s3cr3t');
  });

  test('from a later version keeps what is known of it', () => {
    fc.assert(
      fc.property(endpoint, fc.jsonValue(), (original, extra) => {
        const encoded = overTheWire(encodeEndpoint(original)) as object;
        expect(encodeEndpoint(decodeEndpoint({ ...encoded, later: extra }))).toEqual(encodeEndpoint(original));
      }),
    );
  });

  test('that is damaged is refused without a word of what is in it', () => {
    const marked = 'S3CR3T';
    const whole = {
      state: 'ready',
      name: marked,
      revision: marked,
      baseUrl: { origin: 'https://a', path: marked, query: marked, authorization: null },
      headers: [{ name: 'A', value: { ref: marked, version: marked, value: marked } }],
      environmentHeaders: [{ name: 'A', variable: marked }],
      tls: null,
    };
    const paths = [
      ['name'],
      ['baseUrl'],
      ['baseUrl', 'origin'],
      ['headers'],
      ['headers', '0', 'value', 'value'],
      ['tls'],
    ];
    const bad = fc.oneof(
      fc.constant({ [marked]: marked }),
      fc.constant([marked]),
      fc.constant(7),
      fc.constant('S3CR3T S3CR3T'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), bad, (path, value) => {
        const damaged = structuredClone(whole) as Record<string, unknown>;
        const parent = path.slice(0, -1).reduce((at, step) => at[step] as Record<string, unknown>, damaged);
        parent[path.at(-1) ?? ''] = value;
        const message = messageOf(() => decodeEndpoint(damaged));
        expect(message).not.toContain('S3CR3T');
      }),
    );
    expect(messageOf(() => decodeEndpoint({ ...whole, tls: 7 }))).toContain('tls (invalid_type)');
    expect(messageOf(() => decodeEndpoint({ ...whole, headers: [{ name: 'A\r\nB' }] }))).toMatch(
      /headers\[0\]\.name .*headers\[0\]\.value/,
    );
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (err) {
    return err instanceof Error ? err.message : 'no Error';
  }
}
