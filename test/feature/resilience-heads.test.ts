/** Answers whose head is too large: the same again each time, so no retry follows; a breaker hears of them. */
import { expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { retriedManifest, soon, startRetried, upPath } from '../support/start-retried.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startHttp2Upstream } from '../support/start-tls-upstream.ts';
import { endpointManifest } from '../support/tls-manifests.ts';

const policies = `{ retries: { r: { ${soon} } }, circuitBreakers: { b: { trip: "consecutiveFailures > 1" } } }`;
const options = { policies, entry: '{ retry: r, circuitBreaker: b }' };
const large = 'a'.repeat(70_000);

const { rootCa, server } = await createTestAuthority();

test('over HTTP/1.1', async () => {
  const { seen, call } = await startRetried([(_request, response) => response.setHeader('X', large).end()], options);
  const answer = await call();
  expect(answer.status).toBe(502);
  expect(errorOf(answer).message).toContain('the response headers are too large');
  for (const status of [502, 503]) expect((await call()).status).toBe(status);
  expect(seen).toHaveLength(2);
});

test('over HTTP/1.1, of a call with trailers', async () => {
  const { proxy, seen } = await startRetried([(_request, response) => response.setHeader('X', large).end()], options);
  const caller = await openRawConnection(proxy.port);
  caller.send(`PUT ${upPath} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`);
  caller.send('0\r\nX-Sum: 7\r\n\r\n');
  expect(await caller.receives('}')).toMatch(/^HTTP\/1\.1 502 [^]* the response headers are too large/);
  expect(seen).toHaveLength(1);
});

test('over HTTP/2', async () => {
  const fields = Object.fromEntries(Array.from({ length: 1_100 }, (_, index) => [`x-${index}`, 'a']));
  const upstream = await startHttp2Upstream(server, (stream) => {
    stream.respond({ ':status': 200, ...fields });
    stream.end('x');
  });
  const proxy = await startTestProxy({
    resources: {
      'up.yaml': endpointManifest({ name: 'up', baseUrl: upstream.origin, rootCa }),
      'resiliency.yaml': retriedManifest(options),
    },
  });
  const answer = await ask(proxy.port, { path: upPath });
  expect(answer.status).toBe(502);
  expect(errorOf(answer).message).toContain('the response headers are too large');
  for (const status of [502, 503]) expect((await ask(proxy.port, { path: upPath })).status).toBe(status);
  expect(upstream.requests).toHaveLength(2);
});
