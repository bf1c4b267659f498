/** Retries towards an upstream that speaks HTTP/2: streams fail one by one, and their connection goes on. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { ask, type Answer, type Question } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { retriedManifest, soon } from '../support/start-retried.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startHttp2Upstream, type StreamListener, type TlsUpstream } from '../support/start-tls-upstream.ts';
import { endpointManifest } from '../support/tls-manifests.ts';

const { rootCa, server } = await createTestAuthority();

interface Stage {
  readonly upstream: TlsUpstream;
  readonly call: (question?: Partial<Question>) => Promise<Answer>;
}

/** The listeners in order, one for each stream; the last one serves all later ones. */
async function startStage(turns: readonly StreamListener[], policy = soon): Promise<Stage> {
  let streams = 0;
  const upstream = await startHttp2Upstream(server, (...parameters) => {
    (turns[streams++] ?? turns.at(-1))?.(...parameters);
  });
  const proxy = await startTestProxy({
    resources: {
      'up.yaml': endpointManifest({ name: 'up', baseUrl: upstream.origin, rootCa }),
      'resiliency.yaml': retriedManifest({ policy }),
    },
  });
  return { upstream, call: (question = {}) => ask(proxy.port, { path: '/v1.0/invoke/up/method/x', ...question }) };
}

function answer(stream: ServerHttp2Stream, status: number, body = ''): void {
  stream.respond({ ':status': status });
  stream.end(body);
}

const answering =
  (status: number, body = ''): StreamListener =>
  (stream) =>
    answer(stream, status, body);

const echoing: StreamListener = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

const resettingWith =
  (code: number): StreamListener =>
  (stream) =>
    stream.close(code);

const breakingConnection: StreamListener = (stream) => void stream.session?.socket.destroy();

const busyAtEnd: StreamListener = (stream) => {
  stream.resume().on('end', () => answer(stream, 503));
};

test.for([
  ['answers 503', answering(503, 'busy')],
  ['answers 429', answering(429)],
  ['resets the stream', resettingWith(constants.NGHTTP2_INTERNAL_ERROR)],
  ['cancels the stream', resettingWith(constants.NGHTTP2_CANCEL)],
] as const)('a call is tried again over the same connection when the upstream %s', async ([, turn]) => {
  const { upstream, call } = await startStage([turn, turn, answering(200, 'fine')]);
  expect(await call()).toMatchObject({ status: 200, body: 'fine' });
  expect(upstream.requests).toHaveLength(3);
  expect(upstream.connections).toHaveLength(1);
});

test('a call is tried again over a new connection when the old one breaks', async () => {
  const { upstream, call } = await startStage([breakingConnection, answering(200, 'fine')]);
  expect(await call()).toMatchObject({ status: 200, body: 'fine' });
  expect(upstream.connections).toHaveLength(2);
});

test('a body is sent again whole, from wherever the stream was given up', async () => {
  const earlyBusy: StreamListener = (stream) => {
    stream.once('data', () => answer(stream, 503));
  };
  const resetInside: StreamListener = (stream) => {
    stream.once('data', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  };
  const { upstream, call } = await startStage([earlyBusy, resetInside, busyAtEnd, echoing]);
  const body = 'x'.repeat(200_000);
  expect(await call({ method: 'PUT', body })).toMatchObject({ status: 200, body });
  expect(upstream.requests).toHaveLength(4);
});

test('a stream that was refused goes again without a retry, body and all, when the body is kept', async () => {
  const refused = resettingWith(constants.NGHTTP2_REFUSED_STREAM);
  const { upstream, call } = await startStage([refused, echoing], 'maxRetries: 0');
  expect(await call({ method: 'POST', body: 'paid' })).toMatchObject({ status: 200, body: 'paid' });
  expect(upstream.requests).toHaveLength(2);
});

test('a long answer that is given up leaves its connection to others', async () => {
  const long: StreamListener = (stream) => {
    stream.respond({ ':status': 503 });
    const pump = (): void => void stream.write(Buffer.alloc(16 * 1024), (error) => (error ? undefined : pump()));
    pump();
  };
  const { upstream, call } = await startStage([long, answering(200, 'fine')]);
  expect(await call()).toMatchObject({ status: 200, body: 'fine' });
  expect(await call()).toMatchObject({ status: 200, body: 'fine' });
  expect(upstream.connections).toHaveLength(1);
});
