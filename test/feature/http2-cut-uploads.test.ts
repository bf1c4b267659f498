/** Uploads over HTTP/2 that are given up in their middle: the upstream never takes half a body for a whole one. */
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { collectH2c, openH2c } from '../support/h2c-client.ts';
import { flag, frame, framesIn, frameType, preface, settingsFrame } from '../support/http2-frames.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { resiliency } from '../support/resiliency.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { listenUntilTestEnds, startRawUpstream } from '../support/start-upstream.ts';

const path = '/v1.0/invoke/orders/method/x';

/** Before an application that speaks h2c. */
function startBefore(port: number, resources: Readonly<Record<string, string>> = {}): Promise<TestProxy> {
  return startTestProxy({ args: [`--app-port=${port}`, '--app-protocol=h2c'], resources });
}

test.for([
  ['its caller leaves', '1h'],
  ['it takes longer than the timeout policy', '200ms'],
])('an upload is reset, not ended, when %s', async ([, timeout]) => {
  let received = Buffer.alloc(0);
  const upstream = await startRawUpstream((socket) => {
    received = Buffer.alloc(0);
    socket.write(Buffer.concat([settingsFrame(), frame({ type: frameType.settings, flags: flag.ack })]));
    socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  });
  const proxy = await startBefore(upstream.port, {
    'r.yaml': resiliency(`{ timeouts: { t: ${timeout} } }`, '{ orders: { timeout: t } }'),
  });
  const caller = await openRawConnection(proxy.port);
  caller.send(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`);
  await waitUntil(() => received.includes('half'));
  if (timeout === '1h') caller.socket.destroy();
  const ofCall = (): ReturnType<typeof framesIn> =>
    framesIn(received.subarray(preface.length)).filter(({ stream }) => stream === 1);
  await waitUntil(() => ofCall().at(-1)?.type === frameType.rstStream);
  expect(ofCall().map(({ type, flags }) => [type, flags & flag.endStream])).toEqual([
    [frameType.headers, 0],
    [frameType.data, 0],
    [frameType.rstStream, 0],
  ]);
});

test('answers that come before their uploads have ended hurt nobody, with HTTP/2 on both sides', async () => {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => stream.destroy());
    stream.respond({ ':status': 200 });
    stream.end('early');
  });
  const proxy = await startBefore(await listenUntilTestEnds(server));
  const session = openH2c(proxy.port);
  const answers = Array.from({ length: 200 }, () => {
    const stream = session.request({ ':method': 'PUT', ':path': path }, { endStream: false });
    stream.on('response', () => stream.end('rest'));
    stream.write('half');
    return collectH2c(stream);
  });
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200, body: 'early' });
});
