/** Fields after a body bring nothing past the proxy that it keeps from the fields before it, and no second length. */
import { connect } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/up/method/x';

interface Seen {
  readonly headers: string;
  readonly trailers: string;
}

async function open(): Promise<{ proxy: TestProxy; seen: Seen[] }> {
  const seen: Seen[] = [];
  const upstream = await startUpstream((request, response) => {
    request.resume().on('end', () => {
      seen.push({ headers: request.rawHeaders.join(), trailers: request.rawTrailers.join() });
      response.setHeader('Content-Length', '2');
      response.end('ok');
    });
  });
  return { seen, proxy: await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } }) };
}

const kept = {
  'Dapr-Api-Token': 'secret',
  'Dapr-App-Id': 'another',
  Authorization: 'Basic eDp5',
  Cookie: 'a=b',
  Host: 'elsewhere',
  Connection: 'close',
  Upgrade: 'h2c',
  'Content-Type': 'text/html',
  'X-Named': 'in Connection',
};

test('trailers of HTTP/1.1 that are not for the upstream stay here', async () => {
  const { proxy, seen } = await open();
  const fields = Object.entries(kept).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTrailer: X-Sum\r\nConnection: X-Named\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const answer = await rawExchange(
    proxy.port,
    `${head}2\r\nab\r\n0\r\n${fields.join('')}X-Sum: 7\r\n\r\n`,
    isWholeResponse,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(seen.map(({ trailers }) => trailers)).toEqual(['X-Sum,7']);
});

test('trailers of HTTP/2 that are not for the upstream stay here', async () => {
  const { proxy, seen } = await open();
  const session = connect(proxy.origin);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': path, trailer: 'x-sum' }, { waitForTrailers: true });
  stream.on('wantTrailers', () =>
    stream.sendTrailers({ 'x-sum': '7', 'dapr-api-token': 'secret', authorization: 'x', cookie: 'a=b' }),
  );
  stream.end('ab');
  await new Promise((resolve, reject) => stream.on('response', resolve).on('error', reject));
  expect(seen.map(({ trailers }) => trailers.toLowerCase())).toEqual(['x-sum,7']);
});

test.for([
  ['a sized body', 'Content-Length: 2\r\n\r\nab'],
  ['a body in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n'],
])('an announced trailer never makes two lengths of %s', async ([, rest]) => {
  const { proxy, seen } = await open();
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTrailer: X-Sum, Content-Length, Transfer-Encoding\r\n`;
  expect(await rawExchange(proxy.port, head + rest, isWholeResponse)).toMatch(/^HTTP\/1\.1 200 /);
  const framing = seen[0]?.headers.match(/(?:^|,)(?:content-length|transfer-encoding),/gi);
  expect(framing).toHaveLength(1);
});
