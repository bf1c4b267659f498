/** A field that comes twice where node:http2 wants it once does not end the proxy. */
import { connect } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startRawUpstream, startUpstream } from '../support/start-upstream.ts';

test('an answer with a trailer twice reaches an HTTP/2 caller', async () => {
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { Trailer: 'ETag' });
    response.addTrailers([
      ['ETag', 'a'],
      ['ETag', 'b'],
    ]);
    response.end('ok');
  });
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const session = connect(proxy.origin);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':path': '/v1.0/invoke/up/method/x' });
  stream.resume();
  const trailers = await new Promise((resolve, reject) => stream.on('trailers', resolve).on('error', reject));
  expect(trailers).toMatchObject({ etag: 'a, b' });
});

test('an informational answer with a field twice is left out, and the answer comes', async () => {
  const upstream = await startRawUpstream((socket) => {
    socket.once('data', () => {
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nETag: a\r\nETag: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      );
    });
  });
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const session = connect(proxy.origin);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':path': '/v1.0/invoke/up/method/x', ':method': 'POST', trailer: 'x-sum' });
  stream.end('body');
  stream.resume();
  const answer = await new Promise((resolve, reject) => stream.on('response', resolve).on('error', reject));
  expect(answer).toMatchObject({ ':status': 200 });
});
