import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBaseUrl } from '#shared/table/base-url.ts';

const visible = fc.stringMatching(/^[!$&-.0-;=A-Z\\^_a-z|~"<>{}`[\]]*$/);
const escape = fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
const segment = fc.array(fc.oneof(visible, escape), { maxLength: 3 }).map((parts) => parts.join(''));
const path = fc.array(segment, { maxLength: 4 }).map((segments) => segments.map((part) => `/${part}`).join(''));
const query = fc
  .array(fc.oneof(visible, escape, fc.constantFrom('?', '/', '%', '%zz')), { maxLength: 4 })
  .map((parts) => parts.join(''));
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constant('localhost'),
);
const origin = fc
  .record({
    scheme: fc.constantFrom('http', 'https', 'HTTPS'),
    host,
    port: fc.option(fc.integer({ min: 1, max: 65_535 })),
  })
  .map(({ scheme, host: name, port }) => `${scheme}://${name}${port === null ? '' : `:${port}`}`);

describe('parseBaseUrl', () => {
  test('keeps every byte of path and query, and finds the same origin as URL', () => {
    fc.assert(
      fc.property(origin, path, query, (start, rawPath, rawQuery) => {
        const { baseUrl } = parseBaseUrl(`${start}${rawPath}?${rawQuery}`);
        expect(baseUrl).toEqual({ origin: new URL(start).origin, path: rawPath, query: rawQuery, authorization: null });
      }),
      { numRuns: 500 },
    );
  });

  test('parses or refuses any text, with a host that is the one before the path and nowhere else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.webUrl(),
          fc.string().map((text) => `https://${text}`),
        ),
        (text) => {
          const { baseUrl, mistake } = parseBaseUrl(text);
          if (baseUrl === null) expect(mistake).not.toBe('');
          else {
            expect(new URL(baseUrl.origin).origin).toBe(baseUrl.origin);
            expect(baseUrl.path + baseUrl.query).toMatch(/^[\x21-\x7e]*$/);
            expect(['', '/']).toContain(baseUrl.path.slice(0, 1));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('shows user information nowhere but in the credentials', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{10}$/), fc.stringMatching(/^[a-z]{10}$/), (user, password) => {
        const { baseUrl } = parseBaseUrl(`https://${user}:${password}@api.example.com/v1`);
        expect(baseUrl?.authorization?.reveal()).toBe(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
        expect(JSON.stringify(baseUrl)).not.toContain(password);
      }),
    );
  });
});
