/** Request line and header fields arrive at the upstream as the caller sent them, byte for byte. */
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import {
  headerLinesOf,
  requestLineOf,
  startByteUpstream,
  bodyOf,
  type ByteUpstream,
} from '../support/byte-upstream.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';

async function startPair(basePath = ''): Promise<{ upstream: ByteUpstream; proxy: TestProxy }> {
  const upstream = await startByteUpstream();
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin + basePath) } });
  return { upstream, proxy };
}

async function sendRaw(proxy: TestProxy, request: string): Promise<string> {
  return rawExchange(proxy.port, request, isWholeResponse);
}

/** The header lines without those that belong to the upstream's own connection. */
function endToEndLines(request: string | undefined): readonly string[] {
  return headerLinesOf(request).filter((line) => !/^(host|connection): /i.test(line));
}

describe('the path', () => {
  test.for([
    'a%2Fb',
    'a%2fb%2F',
    'a+b',
    'a%20b',
    'a%2Bb',
    'end/',
    'a//b///c',
    '/a',
    '//a//',
    'caf%C3%A9',
    '%E2%82%AC',
    '100%25',
    '%2561dmin',
    'a%3Fb%23c',
    "!$&'()*,;=:@~_-.",
    '[brackets]{braces}|^`"<>\\',
    'a.b/..c/...',
  ])('%s arrives as sent', async (path) => {
    const { upstream, proxy } = await startPair();
    await sendRaw(proxy, `GET /v1.0/invoke/up/method/${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(requestLineOf(upstream.requests[0])).toBe(`GET /${path} HTTP/1.1`);
  });

  test.for([
    ['/v1.0/invoke/up/method/', '/base'],
    ['/v1.0/invoke/up/method/x/', '/base/x/'],
    ['/v1.0/invoke/up/method//x', '/base//x'],
    ['/v1.0/invoke/up/method/../../x', '/base/x'],
    ['/v1.0/invoke/up/method/a/../x', '/base/x'],
    ['/v1.0/invoke/up/method/%2e%2e/x', '/base/x'],
  ])('%s goes below the base path: %s', async ([path, sent]) => {
    const { upstream, proxy } = await startPair('/base');
    await sendRaw(proxy, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(requestLineOf(upstream.requests[0])).toBe(`GET ${sent} HTTP/1.1`);
  });

  test.for(['..%2fx', '..\\x', '..;/x', '%252e%252e/x', 'a#b', 'a%00b', 'a%0d%0aX:y', 'a%'])(
    '%s is refused with 400 before anything is sent',
    async (path) => {
      const { upstream, proxy } = await startPair('/base');
      const answer = await sendRaw(proxy, `GET /v1.0/invoke/up/method/${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"errorCode":"ERR_DIRECT_INVOKE"');
      expect(upstream.requests).toEqual([]);
    },
  );
});

describe('the query', () => {
  test.for(['?', '?a', '?a=1&a=2&b', '?x=%2F%20+&y=/?', '?a=b?c', '??', '?q=\'"<>', '?a&&b=&=c'])(
    '%s arrives as sent',
    async (query) => {
      const { upstream, proxy } = await startPair();
      await sendRaw(proxy, `GET /v1.0/invoke/up/method/x${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(requestLineOf(upstream.requests[0])).toBe(`GET /x${query} HTTP/1.1`);
    },
  );

  test('of the base URL stands first', async () => {
    const { upstream, proxy } = await startPair('/base?key=1');
    await ask(proxy.port, { path: '/v1.0/invoke/up/method/x?q=2' });
    expect(requestLineOf(upstream.requests[0])).toBe('GET /base/x?key=1&q=2 HTTP/1.1');
  });
});

describe('the verb', () => {
  test.for(['PROPFIND', 'PURGE', 'QUERY', 'REPORT', 'MKCOL', 'OPTIONS', 'TRACE', 'DELETE', 'PATCH', 'M-SEARCH'])(
    '%s arrives as sent',
    async (method) => {
      const { upstream, proxy } = await startPair();
      await sendRaw(proxy, `${method} /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(requestLineOf(upstream.requests[0])).toBe(`${method} /x HTTP/1.1`);
    },
  );

  test('QUERY and DELETE keep their body', async () => {
    const { upstream, proxy } = await startPair();
    for (const method of ['QUERY', 'DELETE', 'PROPFIND', 'GET']) {
      await sendRaw(proxy, `${method} /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`);
    }
    expect(upstream.requests.map(bodyOf)).toEqual(['abc', 'abc', 'abc', 'abc']);
  });

  test('one that nobody has heard of arrives over HTTP/2', async () => {
    const { upstream, proxy } = await startPair();
    const headers = { ':method': 'FROBNICATE', ':path': '/v1.0/invoke/up/method/x' };
    const answer = await askH2c(openH2c(proxy.port), headers);
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
    expect(requestLineOf(upstream.requests[0])).toBe('FROBNICATE /x HTTP/1.1');
  });

  test('CONNECT is answered 501 and reaches nobody', async () => {
    const { upstream, proxy } = await startPair();
    const answer = await sendRaw(proxy, `CONNECT ${upstream.origin.slice(7)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 501 /);
    expect(upstream.requests).toEqual([]);
  });
});

describe('header fields', () => {
  test('keep case, order, duplicates, empty values and bytes beyond ASCII', async () => {
    const { upstream, proxy } = await startPair();
    const lines = [
      'X-Zebra: 1',
      'x-APPLE: two words',
      'accept: text/html, */*;q=0.8',
      'X-zebra: 2',
      'Cookie: a=1; b=2',
      'X-Empty: ',
      'Cookie: c=3',
      'X-Latin: caf\u00e9',
      'baggage: a=1',
      'baggage: b=2',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'tracestate: vendor=x',
      'grpc-trace-bin: AAAA',
      'dapr-caller-app-id: me',
    ];
    await sendRaw(proxy, `GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`);
    expect(endToEndLines(upstream.requests[0])).toEqual(lines);
  });

  test('are not added to: no User-Agent, Accept-Encoding, X-Forwarded-For, Forwarded, Via', async () => {
    const { upstream, proxy } = await startPair();
    await sendRaw(proxy, 'GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n\r\n');
    await sendRaw(proxy, `GET /v1.0/invoke/${upstream.origin}/method/x HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(upstream.requests.map(endToEndLines)).toEqual([[], []]);
  });

  test('name the host of the target, not the one that the caller named', async () => {
    const { upstream, proxy } = await startPair();
    await sendRaw(proxy, 'GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    const hosts = headerLinesOf(upstream.requests[0]).filter((line) => /^host:/i.test(line));
    expect(hosts.map((line) => line.toLowerCase())).toEqual([`host: 127.0.0.1:${upstream.port}`]);
  });

  test('keep the length of an empty body, and gain none where there was none', async () => {
    const { upstream, proxy } = await startPair();
    await sendRaw(proxy, 'POST /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await sendRaw(proxy, 'GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(upstream.requests[0]).toMatch(/content-length: 0\r\n/i);
    expect(upstream.requests[1]).not.toMatch(/content-length|transfer-encoding/i);
  });

  test('from HTTP/2 arrive with their cookie crumbs joined', async () => {
    const { upstream, proxy } = await startPair();
    const headers = { ':path': '/v1.0/invoke/up/method/x', cookie: ['a=1', 'b=2'], 'x-one': '1', 'x-many': ['2', '3'] };
    await askH2c(openH2c(proxy.port), headers);
    expect(endToEndLines(upstream.requests[0])).toEqual(['cookie: a=1; b=2', 'x-one: 1', 'x-many: 2', 'x-many: 3']);
  });
});
