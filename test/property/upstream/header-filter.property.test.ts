import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestHeaders } from '../../../proxy/upstream/request-headers.ts';
import { responseHeaders } from '../../../proxy/upstream/response-headers.ts';

const hopByHop = [
  'Connection',
  'keep-alive',
  'Proxy-Connection',
  'TE',
  'Transfer-Encoding',
  'Upgrade',
  'HTTP2-Settings',
];
const anyName = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/).map((name) => `x-${name}`),
  fc.constantFrom('Accept', 'cookie', 'Set-Cookie', 'X-A', 'x-a', 'X-B', 'Content-Type', 'baggage', 'X-Bin'),
  fc.constantFrom(...hopByHop, 'Proxy-Authorization', 'Proxy-Authenticate'),
);
const anyValue = fc.oneof(fc.constantFrom('x-a', 'close, X-B', 'chunked', 'a=1'), fc.string({ maxLength: 10 }));
const pairs = fc.array(fc.tuple(anyName, anyValue), { maxLength: 20 });

const alwaysGone = new Set(
  [...hopByHop, 'Proxy-Authorization', 'Proxy-Authenticate'].map((name) => name.toLowerCase()),
);

/** The law, said once more in other words: what is neither of the connection nor named by it stays, in order. */
function expected(sent: readonly (readonly [string, string])[]): string[] {
  const nominated = new Set(
    sent
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.split(','))
      .map((token) => token.trim().toLowerCase()),
  );
  return sent.filter(([name]) => !alwaysGone.has(name.toLowerCase()) && !nominated.has(name.toLowerCase())).flat();
}

function connectionOf(sent: readonly (readonly [string, string])[]): string | undefined {
  const lines = sent.filter(([name]) => name.toLowerCase() === 'connection').map(([, value]) => value);
  return lines.length === 0 ? undefined : lines.join(', ');
}

describe('header filtering', () => {
  test('request: keeps exactly the end-to-end fields, each byte and the order', () => {
    fc.assert(
      fc.property(pairs, (sent) => {
        const incoming = { rawHeaders: sent.flat(), connection: connectionOf(sent), fromAuthorization: false };
        expect(requestHeaders(incoming, { set: [], authorization: null })).toEqual(expected(sent));
      }),
      { numRuns: 500 },
    );
  });

  test('response: keeps exactly the end-to-end fields, each byte and the order', () => {
    fc.assert(
      fc.property(pairs, (sent) => {
        expect(responseHeaders(sent.flat())).toEqual(expected(sent));
        expect(responseHeaders(sent.flat().map((text) => Buffer.from(text, 'latin1')))).toEqual(
          expected(sent).map((text) => Buffer.from(text, 'latin1').toString('latin1')),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('a filtered list filters to itself', () => {
    fc.assert(
      fc.property(pairs, (sent) => {
        const once = responseHeaders(sent.flat());
        expect(responseHeaders(once)).toEqual(once);
      }),
    );
  });

  test('a header that the owner set appears once, with that value, whatever the caller sends', () => {
    fc.assert(
      fc.property(pairs, anyName, (sent, name) => {
        fc.pre(!alwaysGone.has(name.toLowerCase()));
        const set = [{ name, lowerName: name.toLowerCase(), value: 'owner' }];
        const incoming = { rawHeaders: sent.flat(), connection: connectionOf(sent), fromAuthorization: false };
        const headers = requestHeaders(incoming, { set, authorization: null });
        const found = headers.filter(
          (_, index) => index % 2 === 0 && headers[index]?.toLowerCase() === name.toLowerCase(),
        );
        expect(found).toHaveLength(1);
        expect(headers.slice(-2)).toEqual([name, 'owner']);
      }),
    );
  });
});
