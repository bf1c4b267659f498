/** Answers that are no HTTP, or that say too much: a 502 with the reason, or the answer without what is wrong with it. */
import { expect, test } from 'vitest';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { statusesIn } from '../support/raw-connection.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream } from '../support/start-upstream.ts';

const alive = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const get = 'GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Answers each request with these bytes, and closes behind them when asked to. */
async function proxyTo(bytes: string, options: { readonly closes?: boolean } = {}): Promise<TestProxy> {
  const upstream = await startRawUpstream((socket) => {
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (!received.includes('\r\n\r\n')) return;
      const isAliveCall = received.startsWith('GET /alive ');
      received = '';
      socket.write(isAliveCall ? alive : bytes, 'latin1');
      if (options.closes === true && !isAliveCall) socket.end();
    });
  });
  return startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
}

const ok = (...headers: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`;
const status = (text: string): string => `HTTP/1.1 ${text}\r\nContent-Length: 2\r\n\r\nok`;

const badAnswers = {
  'bytes that are no text': '\xde\xad\xbe\xef\r\n\r\n',
  'another protocol': 'SSH-2.0-OpenSSH_9.9\r\n',
  'an HTTP version nobody knows': 'HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'a body without a head': 'ok',
  'lines that end in a lone LF': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
  'ten thousand headers': ok('Content-Length: 2', ...Array.from({ length: 10_000 }, (_, index) => `X-${index}: value`)),
  'a header of 1 MB': ok('Content-Length: 2', `X: ${'a'.repeat(1_000_000)}`),
  'a negative length': `${ok('Content-Length: -2')}ok`,
  'a length beyond 64 bits': `${ok('Content-Length: 99999999999999999999999999')}ok`,
  'a length that is no number': `${ok('Content-Length: two')}ok`,
  'a list of lengths': `${ok('Content-Length: 2, 2')}ok`,
  'two lengths': `${ok('Content-Length: 2', 'Content-Length: 3')}ok!`,
  'two equal lengths': `${ok('Content-Length: 2', 'Content-Length: 2')}ok`,
  'a length and chunks': `${ok('Content-Length: 2', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
  'chunks and a length': `${ok('Transfer-Encoding: chunked', 'Content-Length: 2')}2\r\nok\r\n0\r\n\r\n`,
  'a transfer coding under the chunks': `${ok('Transfer-Encoding: gzip, chunked')}2\r\nok\r\n0\r\n\r\n`,
  'chunks twice': `${ok('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
  '101 that nobody asked for': ok('Connection: upgrade', 'Upgrade: gopher').replace('200', '101'),
  '101 without its headers': `HTTP/1.1 101 Switching Protocols\r\n\r\n${alive}`,
  'status 000': status('000 X'),
  'status 099': status('099 X'),
  'status -1': status('-1 X'),
  'status 1000': status('1000 X'),
  'a status of two digits': status('20 X'),
  'a status that is no number': status('abc X'),
  'no status': status(''),
  'a control character in a header': `${ok('X: a\x01b', 'Content-Length: 2')}ok`,
  'DEL in a header': `${ok('X: a\x7fb', 'Content-Length: 2')}ok`,
  'NUL in a header': `${ok('X: a\0b', 'Content-Length: 2')}ok`,
  'a lone LF in a header': `${ok('X: a\nY: b', 'Content-Length: 2')}ok`,
  'a lone CR in a header': `${ok('X: a\rY: b', 'Content-Length: 2')}ok`,
  'a lone CR in the status line': status('200 O\rX: y'),
  'a header without a colon': `${ok('XY', 'Content-Length: 2')}ok`,
  'a header without a name': `${ok(': x', 'Content-Length: 2')}ok`,
  'a space before the colon': `${ok('X : y', 'Content-Length: 2')}ok`,
  'a folded header': `${ok('X: a\r\n b', 'Content-Length: 2')}ok`,
};

test.for(Object.entries(badAnswers))('%s is a 502', async ([, bytes]) => {
  const proxy = await proxyTo(bytes);
  const received = await rawExchange(proxy.port, get, isWholeResponse);
  expect(statusesIn(received)).toEqual([502]);
  expect(received).toMatch(/"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: up, err: [a-z ]+/);
  expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
  await expectAlive(proxy.port, 'up');
});

const oddAnswers = {
  'a status that nobody knows': [status('999 Odd'), 'HTTP/1.1 999 Odd\r\n'],
  'no reason phrase': [status('200'), 'HTTP/1.1 200 \r\n'],
  'a reason phrase beyond ASCII': [status('404 \xe8\xa6\x8b\xe3\x81\xa4'), 'HTTP/1.1 404 Not Found\r\n'],
  'a control character in the reason phrase': [status('404 No\x01t'), 'HTTP/1.1 404 Not Found\r\n'],
  'bytes beyond ASCII in a header': [`${ok('X: \xe9\xff', 'Content-Length: 2')}ok`, '\r\nX: \xe9\xff\r\n'],
  'ten thousand bytes of headers': [
    `${ok(`X: ${'a'.repeat(10_000)}`, 'Content-Length: 2')}ok`,
    `X: ${'a'.repeat(10_000)}\r\n`,
  ],
} as const;

test.for(Object.entries(oddAnswers))('%s is passed on', async ([, [bytes, expected]]) => {
  const proxy = await proxyTo(bytes);
  const received = await rawExchange(proxy.port, get, isWholeResponse);
  expect(received).toContain(expected);
  expect(received).toMatch(/\r\n\r\nok$/);
});

test('a body with 204 is dropped with the connection it came on, and its length is not passed on', async () => {
  const proxy = await proxyTo('HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil');
  const received = await rawExchange(proxy.port, get, (text) => text.endsWith('\r\n\r\n'));
  expect(statusesIn(received)).toEqual([204]);
  expect(received).not.toMatch(/content-length|evil/i);
  await expectAlive(proxy.port, 'up');
});

const brokenBodies = {
  'a body shorter than its length': `${ok('Content-Length: 10')}abc`,
  'a body in chunks without the last one': `${ok('Transfer-Encoding: chunked')}3\r\nabc\r\n`,
  'a body that stops inside a chunk': `${ok('Transfer-Encoding: chunked')}5\r\nabc`,
  'a chunk size that is no number': `${ok('Transfer-Encoding: chunked')}3\r\nabc\r\nzz\r\n`,
  'a chunk longer than its size': `${ok('Transfer-Encoding: chunked')}3\r\nabcd\r\n0\r\n\r\n`,
  'trailers without end': `${ok('Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n${'X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(10_000)}`,
};

test.for(Object.entries(brokenBodies))('%s never looks whole', async ([, bytes]) => {
  const proxy = await proxyTo(bytes, { closes: true });
  const received = await rawExchange(proxy.port, get);
  expect(statusesIn(received)).toEqual([200]);
  expect(isWholeResponse(received)).toBe(false);
  await expectAlive(proxy.port, 'up');
});

test('bytes behind the declared length are dropped with the connection they came on', async () => {
  const proxy = await proxyTo(`${ok('Content-Length: 2')}okHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
  for (let call = 0; call < 5; call += 1) {
    expect(await rawExchange(proxy.port, get, isWholeResponse)).toMatch(/\r\n\r\nok$/);
  }
});

test('more informational answers than anybody needs are a 502', async () => {
  const proxy = await proxyTo('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(10_000) + alive);
  const received = await rawExchange(proxy.port, get, (text) =>
    isWholeResponse(text.slice(text.indexOf('HTTP/1.1 502'))),
  );
  const statuses = statusesIn(received);
  expect(statuses.at(-1)).toBe(502);
  expect(statuses.filter((informational) => informational === 103)).toHaveLength(256);
  await expectAlive(proxy.port, 'up');
});

test('informational answers in a sane number are passed on before the final one', async () => {
  const proxy = await proxyTo('HTTP/1.1 102 Processing\r\n\r\n'.repeat(20) + alive);
  const received = await rawExchange(proxy.port, get, (text) => text.endsWith('\r\n\r\nok'));
  expect(statusesIn(received)).toEqual([...Array.from({ length: 20 }, () => 102), 200]);
});
