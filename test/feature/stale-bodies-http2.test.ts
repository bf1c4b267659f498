/** The same over HTTP/2: a body that went out on a kept connection that breaks is sent again whole where that is safe, and once. */
import { constants, type ServerHttp2Stream } from 'node:http2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, type Answer, type Question } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { upPath } from '../support/start-retried.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startHttp2Upstream } from '../support/start-tls-upstream.ts';
import { endpointManifest } from '../support/tls-manifests.ts';

const { rootCa, server } = await createTestAuthority();

type Turn = (stream: ServerHttp2Stream) => void;

interface Stage {
  readonly proxy: TestProxy;
  readonly upstream: Awaited<ReturnType<typeof startHttp2Upstream>>;
  /** What has come of each body. */
  readonly bodies: readonly Buffer[][];
  readonly call: (question: Partial<Question>) => Promise<Answer>;
}

/** Without policies, with one connection that has served a call. The turns are those of requests with a body. */
async function startStage(turns: readonly Turn[], args: readonly string[] = []): Promise<Stage> {
  const bodies: Buffer[][] = [];
  const upstream = await startHttp2Upstream(server, (stream, headers) => {
    if (headers[':method'] === 'GET') return answer(stream, 'open');
    const pieces: Buffer[] = [];
    bodies.push(pieces);
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    (turns[bodies.length - 1] ?? turns.at(-1))?.(stream);
  });
  const proxy = await startTestProxy({
    args,
    resources: { 'up.yaml': endpointManifest({ name: 'up', baseUrl: upstream.origin, rootCa }) },
  });
  const call: Stage['call'] = (question) => ask(proxy.port, { path: upPath, ...question });
  expect((await call({ method: 'GET' })).status).toBe(200);
  return { proxy, upstream, bodies, call };
}

function answer(stream: ServerHttp2Stream, text: string): void {
  stream.respond({ ':status': 200 });
  stream.end(text);
}

const answered: Turn = (stream) => void stream.on('end', () => answer(stream, 'answered'));
const breaking: Turn = (stream) => void stream.session?.socket.destroy();
const closing: Turn = (stream) => stream.session?.destroy();
/** Only the first call of the connection was looked at. */
const leavingOut: Turn = (stream) => stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
const refusing: Turn = (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM);
const atFirstByte =
  (turn: Turn): Turn =>
  (stream) =>
    void stream.once('data', () => turn(stream));
const atEnd =
  (turn: Turn): Turn =>
  (stream) =>
    void stream.on('end', () => turn(stream));

const patternOf = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));

describe.for([
  ['breaks the connection', breaking],
  ['closes the connection', closing],
  ['leaves it out of GOAWAY', leavingOut],
  ['refuses the stream', refusing],
] as const)('when the upstream %s', ([, turn]) => {
  test.for([
    ['at its head', turn],
    ['inside it', atFirstByte(turn)],
    ['after it', atEnd(turn)],
  ] as const)('%s, a body arrives whole and once', async ([, turnThen]) => {
    const { upstream, bodies, call } = await startStage([turnThen, answered]);
    const sent = patternOf(200_000);
    expect(await call({ method: 'PUT', body: sent })).toMatchObject({ status: 200, body: 'answered' });
    expect(bodies).toHaveLength(2);
    expect(Buffer.concat(bodies[1] ?? []).equals(sent)).toBe(true);
    expect(upstream.connections).toHaveLength(turn === refusing ? 1 : 2);
  });

  test('after it, a body that is too large to be kept is a 502, as before', async () => {
    const { proxy, bodies, call } = await startStage([atEnd(turn), answered]);
    expect((await call({ method: 'PUT', body: patternOf(300_000) })).status).toBe(502);
    expect(bodies).toHaveLength(1);
    expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('after it, a POST is not sent twice', async () => {
    const { bodies, call } = await startStage([atEnd(turn), answered]);
    expect((await call({ method: 'POST', body: 'pay' })).status).toBe(502);
    expect(bodies).toHaveLength(1);
  });
});

test.for([
  ['breaks', breaking],
  ['closes', closing],
  ['refuses', refusing],
] as const)('what the upstream %s time and again is sent twice', async ([, turn]) => {
  const { bodies, call } = await startStage([atEnd(turn)]);
  expect((await call({ method: 'PUT', body: 'kept' })).status).toBe(502);
  expect(bodies).toHaveLength(2);
});

test('a DELETE and a POST with an Idempotency-Key may be served twice too', async () => {
  const { bodies, call } = await startStage([atEnd(breaking), answered, atEnd(breaking), answered]);
  expect((await call({ method: 'DELETE', body: 'kept', headers: ['Content-Length', '4'] })).status).toBe(200);
  expect((await call({ method: 'POST', body: 'kept', headers: ['Idempotency-Key', '7'] })).status).toBe(200);
  expect(bodies.map((pieces) => Buffer.concat(pieces).toString())).toEqual(['kept', 'kept', 'kept', 'kept']);
});

test('the caller may go on with the body after it began anew', async () => {
  const { proxy, bodies } = await startStage([atFirstByte(breaking), answered]);
  const caller = await openRawConnection(proxy.port);
  caller.send(`PUT ${upPath} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
  await waitUntil(() => bodies[1]?.length === 1);
  caller.send('6\r\nsecond\r\n0\r\n\r\n');
  expect(await caller.receives('answered')).toMatch(/^HTTP\/1\.1 200 /);
  expect(Buffer.concat(bodies[1] ?? []).toString()).toBe('firstsecond');
});

test('the caller may fail while the call waits for its new connection', async () => {
  const { upstream, bodies, proxy } = await startStage([atFirstByte(breaking)], ['--body-idle-timeout=200ms']);
  // Accepts connections and never shakes hands.
  upstream.server.removeAllListeners('connection').on('connection', (socket) => {
    onTestFinished(() => void socket.destroy());
  });
  const caller = await openRawConnection(proxy.port);
  caller.send(`PUT ${upPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234`);
  expect(await caller.receives('did not arrive')).toMatch(/^HTTP\/1\.1 408 /);
  expect(bodies).toHaveLength(1);
});

test('nothing is kept once the answer has begun', async () => {
  const begun = atEnd((stream) => {
    stream.respond({ ':status': 200 });
    stream.write('begun');
  });
  const { proxy, bodies, call } = await startStage([begun, atEnd(refusing), answered], ['--retry-buffer-total=50Ki']);
  const caller = await openRawConnection(proxy.port);
  caller.send(`PUT ${upPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n${'x'.repeat(40_000)}`);
  await caller.receives('begun');
  expect((await call({ method: 'PUT', body: patternOf(40_000) })).status).toBe(200);
  expect(bodies).toHaveLength(3);
});
