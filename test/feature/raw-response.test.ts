/** Status, header fields and framing of an answer reach the caller as the upstream sent them. */
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { bodyOf, headerLinesOf, startByteUpstream } from '../support/byte-upstream.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';

/** A proxy before an upstream that always answers with these bytes. */
async function startAnswering(answer: string): Promise<TestProxy> {
  const upstream = await startByteUpstream(answer);
  return startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
}

function get(proxy: TestProxy, method = 'GET'): Promise<string> {
  return rawExchange(proxy.port, `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`, isWholeResponse);
}

/** What is not of the proxy's own connection to the caller. */
function endToEndLines(answer: string): readonly string[] {
  return headerLinesOf(answer).filter((line) => !/^(connection|keep-alive|transfer-encoding|date): /i.test(line));
}

describe('the status', () => {
  test.for([
    '200 OK',
    '201 Created',
    '206 Partial Content',
    '226 IM Used',
    '299 Something Else',
    '400 Bad Request',
    '404 Nowhere',
    '418 I am a teapot',
    '451 Unavailable For Legal Reasons',
    '500 Oh no',
    '503 Later',
    '599 Network Connect Timeout',
  ])('%s arrives with its reason and its body', async (status) => {
    const proxy = await startAnswering(`HTTP/1.1 ${status}\r\nContent-Length: 4\r\n\r\nbody`);
    const answer = await get(proxy);
    expect(answer.slice(0, answer.indexOf('\r\n'))).toBe(`HTTP/1.1 ${status}`);
    expect(bodyOf(answer)).toBe('body');
  });

  test.for([301, 302, 303, 307, 308])(
    '%i is returned with its Location, for an HTTPEndpoint and for a URL',
    async (status) => {
      const upstream = await startByteUpstream(
        `HTTP/1.1 ${status} Moved\r\nLocation: http://elsewhere.example/y\r\nContent-Length: 0\r\n\r\n`,
      );
      const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
      for (const target of ['up', upstream.origin]) {
        const answer = await ask(proxy.port, { path: `/v1.0/invoke/${target}/method/x`, method: 'POST', body: 'abc' });
        expect(answer).toMatchObject({ status, headers: { location: 'http://elsewhere.example/y' } });
      }
      expect(upstream.requests).toHaveLength(2);
    },
  );
});

describe('header fields', () => {
  const lines = [
    'X-Zebra: 1',
    'x-APPLE: two words',
    'Set-Cookie: a=1; Path=/',
    'X-zebra: 2',
    'set-cookie: b=2',
    'X-Empty: ',
    'X-Latin: caf\u00e9',
    'WWW-Authenticate: Basic',
    'WWW-Authenticate: Bearer',
    'grpc-status-details-bin: AAAA',
    'Server: none',
    'Content-Encoding: gzip',
    'Content-Length: 2',
  ];

  test('keep case, order, duplicates, empty values and bytes beyond ASCII', async () => {
    const proxy = await startAnswering(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\nok`);
    const answer = await get(proxy);
    expect(endToEndLines(answer)).toEqual(lines);
    expect(bodyOf(answer)).toBe('ok');
  });

  test('reach an HTTP/2 caller too, repeated ones as lists', async () => {
    const proxy = await startAnswering(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\nok`);
    const answer = await askH2c(openH2c(proxy.port), { ':path': path });
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
    expect(answer.headers).toMatchObject({
      'x-zebra': '1, 2',
      'set-cookie': ['a=1; Path=/', 'b=2'],
      'x-apple': 'two words',
      'content-length': '2',
      'content-encoding': 'gzip',
    });
  });

  test('are not added to: no Via, no Server, no Content-Type', async () => {
    const proxy = await startAnswering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(endToEndLines(await get(proxy))).toEqual(['Content-Length: 2']);
  });

  test('keep the Date of the upstream, once', async () => {
    const date = 'Tue, 01 Jul 2025 10:00:00 GMT';
    const proxy = await startAnswering(`HTTP/1.1 200 OK\r\nDate: ${date}\r\nContent-Length: 2\r\n\r\nok`);
    const dates = headerLinesOf(await get(proxy)).filter((line) => /^date:/i.test(line));
    expect(dates).toEqual([`Date: ${date}`]);
  });

  test('arrive when there are many and large', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `X-Field-${index}: ${'v'.repeat(100)}`);
    const proxy = await startAnswering(`HTTP/1.1 200 OK\r\n${many.join('\r\n')}\r\nContent-Length: 2\r\n\r\nok`);
    expect(endToEndLines(await get(proxy))).toEqual([...many, 'Content-Length: 2']);
  });
});

describe('framing', () => {
  test('a sized body stays sized, and a chunked one chunked', async () => {
    const sized = await get(await startAnswering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
    expect(sized).toMatch(/\r\nContent-Length: 5\r\n/);
    expect(sized).not.toMatch(/transfer-encoding/i);
    const chunked = await get(
      await startAnswering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    );
    expect(chunked).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
    expect(chunked).not.toMatch(/content-length/i);
    expect(bodyOf(chunked)).toBe('5\r\nhello\r\n0\r\n\r\n');
  });

  test('an empty body keeps its length of 0', async () => {
    const answer = await get(await startAnswering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    expect(endToEndLines(answer)).toEqual(['Content-Length: 0']);
  });

  test('HEAD keeps the length that GET would have, and has no body', async () => {
    const proxy = await startAnswering('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: "x"\r\n\r\n');
    const answer = await rawExchange(proxy.port, `HEAD ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(endToEndLines(answer)).toEqual(['Content-Length: 1234', 'ETag: "x"']);
    expect(bodyOf(answer)).toBe('');
    const http2 = await askH2c(openH2c(proxy.port), { ':path': path, ':method': 'HEAD' });
    expect(http2).toMatchObject({ status: 200, headers: { 'content-length': '1234', etag: '"x"' }, body: '' });
  });

  test('HEAD of a chunked resource has no body either', async () => {
    const proxy = await startAnswering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const answer = await rawExchange(proxy.port, `HEAD ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(bodyOf(answer)).toBe('');
  });

  test.for([
    ['204 No Content', 'ETag: "x"', ['ETag: "x"']],
    ['304 Not Modified', 'ETag: "x"', ['ETag: "x"']],
    ['304 Not Modified', 'Content-Length: 1234', ['Content-Length: 1234']],
  ] as const)('%s with %s has no body, and its connection serves the next request', async ([status, line, kept]) => {
    const proxy = await startAnswering(`HTTP/1.1 ${status}\r\n${line}\r\n\r\n`);
    const two = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\nGET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const answers = (await rawExchange(proxy.port, two)).split(/(?=HTTP\/1\.1 )/);
    expect(answers).toHaveLength(2);
    for (const answer of answers) {
      expect(answer.slice(0, answer.indexOf('\r\n'))).toBe(`HTTP/1.1 ${status}`);
      expect(endToEndLines(answer)).toEqual(kept);
      expect(bodyOf(answer)).toBe('');
    }
  });

  test('an HTTP/1.0 caller gets a body that ends with the connection', async () => {
    const proxy = await startAnswering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
    const answer = await rawExchange(proxy.port, `GET ${path} HTTP/1.0\r\n\r\n`);
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(bodyOf(answer)).toBe('hello');
  });

  test('an upstream of HTTP/1.0 may end its body with the connection', async () => {
    const upstream = await startRawUpstream((socket) => {
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nhello'));
    });
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const answer = await ask(proxy.port, { path });
    expect(answer).toMatchObject({ status: 200, body: 'hello', headers: { 'x-a': 'b' } });
  });
});
