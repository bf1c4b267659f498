/** A field that comes twice after a body of an answer does not end the proxy (node:http2 throws for some names). */
import { connect } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

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
