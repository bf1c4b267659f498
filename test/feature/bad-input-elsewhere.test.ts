/** The public port and the metrics port stand bad input as the API does, and the API never notices. */
import { expect, test } from 'vitest';
import { startCountingUpstream } from '../support/counting-upstream.ts';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';

const badInput = {
  'bytes that are no text': '\xde\xad\xbe\xef\r\n\r\n',
  'both lengths':
    'POST /v1.0/healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a header of 100 kB': `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
  CONNECT: 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
  'an upgrade nobody serves':
    'GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
  'a path with every escape': 'GET /%00%2e%2e%ff%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
};

test.for(Object.entries(badInput))('%s on the other ports', async ([, bytes]) => {
  const { upstream, seen } = await startCountingUpstream();
  const proxy = await startTestProxy({
    resources: { 'up.yaml': httpEndpoint('up', upstream.origin) },
    args: ['--dapr-public-port=0', '--dapr-public-listen-address=127.0.0.1'],
  });
  for (const port of [proxy.running.publicPort, proxy.running.metricsPort]) {
    const received = await rawExchange(port ?? 0, bytes);
    // The metrics are at every path of their port.
    const expected = port === proxy.running.metricsPort ? [200, 400, 404, 405, 431] : [400, 404, 431];
    expect(statusesIn(received).filter((status) => !expected.includes(status))).toEqual([]);
    expect(received).not.toContain('Switching Protocols');
  }
  expect(seen).toEqual([]);
  await expectAlive(proxy.port, 'up');
});

test('half a request on the other ports is closed after --header-timeout', async () => {
  const { upstream } = await startCountingUpstream();
  const proxy = await startTestProxy({
    resources: { 'up.yaml': httpEndpoint('up', upstream.origin) },
    args: ['--dapr-public-port=0', '--dapr-public-listen-address=127.0.0.1', '--header-timeout=200ms'],
  });
  const connection = await openRawConnection(proxy.running.publicPort ?? 0);
  connection.send('GET /v1.0/healthz HTTP/1.1\r\nHos');
  await connection.closed();
  expect(statusesIn(connection.received)).toEqual([408]);
  await expectAlive(proxy.port, 'up');
});
