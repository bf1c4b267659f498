/** Calls with a body that meet a kept connection just as the upstream closes it: sent again whole where that is safe, and once. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, type Answer, type Question } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { pipelineConfiguration, stepFiles } from '../support/middleware-manifests.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { resiliency } from '../support/resiliency.ts';
import { upPath } from '../support/start-retried.ts';
import { startTestProxy, waitUntil, type TestProxy, type TestProxyOptions } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

interface SeenRequest {
  readonly method: string;
  /** Of the connection, from 1. */
  readonly connection: number;
  readonly headers: IncomingMessage['headers'];
  /** What has come of it. */
  readonly pieces: Buffer[];
}

interface Stage {
  readonly proxy: TestProxy;
  /** But those without a body, which open connections. */
  readonly seen: readonly SeenRequest[];
  readonly call: (question: Partial<Question>) => Promise<Answer>;
  /** Leaves so many connections open and idle. */
  readonly warm: (connections?: number) => Promise<void>;
}

type Turn = (request: IncomingMessage, response: ServerResponse) => void;

/** Without policies. The turns are those of requests with a body; the last one serves all later ones. */
async function startStage(turns: readonly Turn[], options: Partial<TestProxyOptions> = {}): Promise<Stage> {
  const seen: SeenRequest[] = [];
  const connections = new Map<unknown, number>();
  const opening: (() => void)[] = [];
  const upstream = await startUpstream((request, response) => {
    const { method = '', headers, socket } = request;
    connections.set(socket, connections.get(socket) ?? connections.size + 1);
    request.on('error', () => response.destroy());
    if (method === 'GET') return void opening.push(() => response.end('open'));
    const pieces: Buffer[] = [];
    seen.push({ method, headers, connection: connections.get(socket) ?? 0, pieces });
    request.on('data', (piece: Buffer) => pieces.push(piece));
    (turns[seen.length - 1] ?? turns.at(-1))?.(request, response);
  });
  const proxy = await startTestProxy({
    ...options,
    resources: { ...options.resources, 'up.yaml': httpEndpoint('up', upstream.origin) },
  });
  const call: Stage['call'] = (question) => ask(proxy.port, { path: upPath, ...question });
  const warm = async (count = 1): Promise<void> => {
    const calls = Array.from({ length: count }, () => call({ method: 'GET' }));
    await waitUntil(() => opening.length === count);
    for (const open of opening.splice(0)) open();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 200));
  };
  return { proxy, seen, call, warm };
}

const answered: Turn = (request, response) => void request.on('end', () => response.end('answered'));
const closing: Turn = (request) => void request.socket.end();
const resetting: Turn = (request) => void request.socket.resetAndDestroy();
const atFirstByte =
  (turn: Turn): Turn =>
  (request, response) =>
    void request.once('data', () => turn(request, response));
const atEnd =
  (turn: Turn): Turn =>
  (request, response) =>
    void request.on('end', () => turn(request, response));

const patternOf = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));
const sized = (body: Buffer): Partial<Question> => ({
  method: 'PUT',
  body,
  headers: ['Content-Length', `${body.length}`],
});
const chunked = (body: Buffer): Partial<Question> => ({
  method: 'PUT',
  body,
  headers: ['Transfer-Encoding', 'chunked'],
});
const bodyOf = ({ pieces }: SeenRequest): Buffer => Buffer.concat(pieces);
const connectionsOf = (seen: readonly SeenRequest[]): readonly number[] => seen.map(({ connection }) => connection);

describe.for([
  ['with a length', sized],
  ['in chunks', chunked],
] as const)('a body %s', ([, framed]) => {
  test.for([
    ['closes the connection at its head', closing],
    ['resets the connection at its head', resetting],
    ['closes the connection inside it', atFirstByte(closing)],
    ['resets the connection inside it', atFirstByte(resetting)],
    ['closes the connection after it', atEnd(closing)],
    ['resets the connection after it', atEnd(resetting)],
  ] as const)('arrives whole and once when the upstream %s', async ([, turn]) => {
    const { proxy, seen, call, warm } = await startStage([turn, answered]);
    await warm();
    const sent = patternOf(200_000);
    expect(await call(framed(sent))).toMatchObject({ status: 200, body: 'answered' });
    expect(connectionsOf(seen)).toEqual([1, 2]);
    expect(seen.map(({ headers }) => headers)).toEqual([seen[0]?.headers, seen[0]?.headers]);
    expect(seen[1] !== undefined && bodyOf(seen[1]).equals(sent)).toBe(true);
    expect(proxy.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });

  test('that is too large to be kept is a 502, as before', async () => {
    const { proxy, seen, call, warm } = await startStage([atEnd(closing), answered]);
    await warm();
    expect((await call(framed(patternOf(300_000)))).status).toBe(502);
    expect(seen).toHaveLength(1);
    expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect((await call(framed(patternOf(300_000)))).status).toBe(200);
  });

  test('of a POST is not sent twice', async () => {
    const { seen, call, warm } = await startStage([atEnd(closing), answered]);
    await warm();
    expect((await call({ ...framed(Buffer.from('pay')), method: 'POST' })).status).toBe(502);
    expect(seen).toHaveLength(1);
  });

  test('is not sent a third time', async () => {
    const { seen, call, warm } = await startStage([atEnd(closing)]);
    await warm();
    expect((await call(framed(Buffer.from('kept')))).status).toBe(502);
    expect(connectionsOf(seen)).toEqual([1, 2]);
  });

  test('that goes over a new connection is not sent again', async () => {
    const { seen, call } = await startStage([atEnd(closing), answered]);
    expect((await call(framed(Buffer.from('kept')))).status).toBe(502);
    expect(seen).toHaveLength(1);
  });

  test('arrives as middleware made it', async () => {
    const loud = { name: 'loud', type: 'uppercase', settings: { direction: 'request' } };
    const { seen, call, warm } = await startStage([atEnd(closing), answered], {
      resources: stepFiles([loud]),
      configuration: pipelineConfiguration({ app: [loud] }),
    });
    await warm();
    expect((await call(framed(Buffer.from('quiet')))).status).toBe(200);
    expect(seen.map((request) => bodyOf(request).toString())).toEqual(['QUIET', 'QUIET']);
  });
});

test.for([
  ['DELETE', []],
  ['POST', ['Idempotency-Key', '7']],
] as const)('a %s that may be served twice is sent again too', async ([method, headers]) => {
  const { seen, call, warm } = await startStage([atEnd(closing), answered]);
  await warm();
  expect((await call({ method, body: 'kept', headers: ['Content-Length', '4', ...headers] })).status).toBe(200);
  expect(seen.map((request) => [request.method, bodyOf(request).toString()])).toEqual([
    [method, 'kept'],
    [method, 'kept'],
  ]);
});

test('policies that do not retry change nothing', async () => {
  const policies = '{ timeouts: { t: 1h }, circuitBreakers: { b: { trip: "consecutiveFailures > 0" } } }';
  const { call, warm } = await startStage([atEnd(closing), answered], {
    resources: { 'r.yaml': resiliency(policies, '{ up: { timeout: t, circuitBreaker: b } }') },
  });
  await warm();
  expect((await call(sized(Buffer.from('kept')))).status).toBe(200);
  expect((await call(sized(Buffer.from('kept')))).status, 'the breaker has not heard of it').toBe(200);
});

describe('the caller', () => {
  const head = `PUT ${upPath} HTTP/1.1\r\nHost: x\r\n`;

  test('may go on with the body after it began anew', async () => {
    const { proxy, seen, warm } = await startStage([atFirstByte(closing), answered]);
    await warm();
    const caller = await openRawConnection(proxy.port);
    caller.send(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
    await waitUntil(() => seen.length === 2);
    caller.send('6\r\nsecond\r\n0\r\n\r\n');
    expect(await caller.receives('answered')).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen[1] === undefined ? '' : bodyOf(seen[1]).toString()).toBe('firstsecond');
  });

  test('is asked for the body once', async () => {
    const { proxy, warm } = await startStage([atEnd(closing), answered]);
    await warm();
    const caller = await openRawConnection(proxy.port);
    caller.send(`${head}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
    await caller.receives('100 Continue');
    caller.send('body');
    expect((await caller.receives('answered')).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
  });

  test('who stops inside the body that began anew ends the call', async () => {
    const { proxy, seen, warm } = await startStage([atFirstByte(closing), answered], {
      args: ['--body-idle-timeout=200ms'],
    });
    await warm();
    const caller = await openRawConnection(proxy.port);
    caller.send(`${head}Content-Length: 10\r\n\r\n01234`);
    expect(await caller.receives('did not arrive')).toMatch(/^HTTP\/1\.1 408 /);
    expect(seen).toHaveLength(2);
  });
});

describe('what is kept', () => {
  const half = sized(patternOf(40_000));
  const holding: Turn = () => undefined;
  const args = ['--retry-buffer-total=50Ki'];

  test('is bounded by --retry-buffer-size, and nothing is at 0', async () => {
    const none = await startStage([atEnd(closing), answered], { args: ['--retry-buffer-size=0'] });
    await none.warm();
    expect((await none.call(half)).status).toBe(502);
    const larger = await startStage([atEnd(closing), answered], { args: ['--retry-buffer-size=300000'] });
    await larger.warm();
    expect((await larger.call(sized(patternOf(300_000)))).status).toBe(200);
  });

  test('of all calls together is bounded by --retry-buffer-total', async () => {
    const ends: (() => void)[] = [];
    const waiting = atEnd((request) => void ends.push(() => request.socket.end()));
    const { seen, call, warm } = await startStage([waiting, waiting, answered, atEnd(closing), answered], { args });
    await warm(2);
    const answers = [call(half), call(half)];
    await waitUntil(() => ends.length === 2);
    for (const end of ends) end();
    expect((await Promise.all(answers)).map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 502,
    ]);
    expect(seen).toHaveLength(3);
    await warm();
    expect((await call(half)).status, 'the room is free again').toBe(200);
    expect(seen).toHaveLength(5);
  });

  test.for([
    ['on a new connection', 0, holding],
    ['whose answer has begun', 2, atEnd((_request, response) => void response.write('begun'))],
  ] as const)('of a call %s is nothing', async ([, idle, turn]) => {
    const { proxy, seen, call, warm } = await startStage([turn, atEnd(closing), answered], { args });
    if (idle > 0) await warm(idle);
    const caller = await openRawConnection(proxy.port);
    caller.send(`PUT ${upPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n${'x'.repeat(40_000)}`);
    await waitUntil(() => seen[0] !== undefined && bodyOf(seen[0]).length === 40_000);
    if (idle > 0) await caller.receives('begun');
    else await warm();
    expect((await call(half)).status).toBe(200);
    expect(seen).toHaveLength(3);
  });
});
