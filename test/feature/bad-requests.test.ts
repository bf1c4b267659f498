/** Bytes that are no request get one clear answer, reach no upstream, and leave the proxy serving. */
import { expect, test } from 'vitest';
import { startCountingUpstream } from '../support/counting-upstream.ts';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { statusesIn } from '../support/raw-connection.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/x';
const get = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`;
const post = `POST ${path} HTTP/1.1\r\nHost: localhost\r\n`;

const badRequests = {
  'both lengths': [400, `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  'both lengths, the other way round': [400, `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
  'two equal Content-Lengths': [400, `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab`],
  'two different Content-Lengths': [400, `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`],
  'a list of Content-Lengths': [400, `${post}Content-Length: 2, 2\r\n\r\nab`],
  'a signed Content-Length': [400, `${post}Content-Length: +2\r\n\r\nab`],
  'a negative Content-Length': [400, `${post}Content-Length: -2\r\n\r\nab`],
  'a hexadecimal Content-Length': [400, `${post}Content-Length: 0x2\r\n\r\nab`],
  'an empty Content-Length': [400, `${post}Content-Length: \r\n\r\nab`],
  'a Content-Length beyond 64 bits': [400, `${post}Content-Length: 99999999999999999999999\r\n\r\nab`],
  'a Content-Length of 64 bits': [413, `${post}Content-Length: 18446744073709551615\r\n\r\nab`],
  'a chunk size that is no number': [400, `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`],
  'a negative chunk size': [400, `${post}Transfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n`],
  'a chunk size beyond 64 bits': [
    400,
    `${post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab\r\n0\r\n\r\n`,
  ],
  'a chunk size with a prefix': [400, `${post}Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n`],
  'chunk lines that end in a lone LF': [400, `${post}Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n`],
  'a chunk longer than its size': [400, `${post}Transfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n`],
  'a space behind a chunk size': [400, `${post}Transfer-Encoding: chunked\r\n\r\n2 \r\nab\r\n0\r\n\r\n`],
  'a flood of chunk extensions': [
    413,
    `${post}Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\nab\r\n0\r\n\r\n`,
  ],
  'a lone LF in a chunk extension': [400, `${post}Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\nab\r\n0\r\n\r\n`],
  'a transfer coding under chunked': [501, `${post}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'chunked under another coding': [400, `${post}Transfer-Encoding: chunked, identity\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'identity and chunked in two fields': [
    501,
    `${post}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`,
  ],
  'chunked twice': [400, `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'chunked behind a comma': [501, `${post}Transfer-Encoding: , chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'chunked in quotes': [501, `${post}Transfer-Encoding: "chunked"\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'chunked behind a vertical tab': [400, `${post}Transfer-Encoding: \x0bchunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'a coding that looks like chunked': [501, `${post}Transfer-Encoding: xchunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'an empty Transfer-Encoding': [400, `${post}Transfer-Encoding:\r\n\r\n2\r\nab\r\n0\r\n\r\n`],
  'an empty Transfer-Encoding and a length': [400, `${post}Transfer-Encoding:\r\nContent-Length: 2\r\n\r\nab`],
  'a space before the colon of Transfer-Encoding': [
    400,
    `${post}Transfer-Encoding : chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`,
  ],
  'Transfer-Encoding in HTTP/1.0': [
    400,
    `POST ${path} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`,
  ],
  'a framing field among the trailers': [
    400,
    `${post}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ],
  'a header without a colon': [400, `${get}NoColonHere\r\n\r\n`],
  'a header without a name': [400, `${get}: x\r\n\r\n`],
  'a space before the colon': [400, `${get}X : y\r\n\r\n`],
  'NUL in a header value': [400, `${get}X: a\0b\r\n\r\n`],
  'NUL in a header name': [400, `${get}X\0: b\r\n\r\n`],
  'NUL in the path': [400, `GET ${path}\0 HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'a lone CR in a header value': [400, `${get}X: a\rb\r\n\r\n`],
  'a lone LF in a header value': [400, `${get}X: a\nY: b\r\n\r\n`],
  'lines that end in a lone LF': [400, get.replaceAll('\r', '') + '\n'],
  'lines that end in a lone CR': [400, `${get.replaceAll('\n', '')}\r\n\r\n`],
  'a folded header': [400, `${get}X: a\r\n b\r\n\r\n`],
  'a folded first header': [400, `GET ${path} HTTP/1.1\r\n X: a\r\nHost: localhost\r\n\r\n`],
  'a method that is no token': [400, `GE(T ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'a lower-case method': [400, `get ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'no Host': [400, `GET ${path} HTTP/1.1\r\n\r\n`],
  'two Hosts': [400, `GET ${path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
  'HTTP/0.9': [505, `GET ${path}\r\n\r\n`],
  'HTTP/2.0 in the form of HTTP/1.1': [505, `GET ${path} HTTP/2.0\r\nHost: localhost\r\n\r\n`],
  'HTTP/3.0': [400, `GET ${path} HTTP/3.0\r\nHost: localhost\r\n\r\n`],
  'HTTP/1.2': [400, `GET ${path} HTTP/1.2\r\nHost: localhost\r\n\r\n`],
  'a protocol that is not HTTP': [400, `GET ${path} HTP/1.1\r\nHost: localhost\r\n\r\n`],
  'a space in the path': [400, `GET ${path} x HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'a tab in the path': [400, `GET ${path}\tx HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'bytes beyond ASCII in the path': [400, `GET ${path}\xff\xe9 HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'a header beyond the limit': [431, `${get}X: ${'a'.repeat(100_000)}\r\n\r\n`],
  'a path beyond the limit': [431, `GET ${path}${'a'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'CONNECT with an authority': [501, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'],
  'CONNECT with a path': [501, `CONNECT ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  'a TLS handshake': [400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  'bytes that are no text': [400, '\xde\xad\xbe\xef\r\n\r\n'],
} as const;

test.for(Object.entries(badRequests))('%s', async ([, [status, bytes]]) => {
  const { upstream, seen } = await startCountingUpstream();
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const received = await rawExchange(proxy.port, bytes);
  expect(statusesIn(received)).toEqual([status]);
  expect(isWholeResponse(received)).toBe(true);
  expect(received).toMatch(/\r\nConnection: close\r\n/);
  expect(JSON.parse(received.slice(received.indexOf('\r\n\r\n') + 4))).toMatchObject({
    errorCode: 'ERR_DIRECT_INVOKE',
  });
  expect(seen).toEqual([]);
  await expectAlive(proxy.port, 'up');
});
