/** The calls of a middleware's own: whole answers, within limits of time and size. */
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { IncomingMessage, RequestListener } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { HttpClient, type HttpRequest } from '../../../proxy/middleware/http/http-client.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openTestPool } from '../../support/open-test-pool.ts';
import { startRawUpstream, startUpstream } from '../../support/start-upstream.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

interface Site {
  readonly client: HttpClient;
  readonly clock: ManualClock;
  readonly requests: IncomingMessage[];
  get(more?: Partial<HttpRequest>): ReturnType<HttpClient['send']>;
}

function clientOf(origin: string): Omit<Site, 'requests'> {
  const clock = new ManualClock();
  const client = new HttpClient({ openPool: openTestPool, clock, rootCa: null, timeoutMs: 1_000, maxBodyBytes: 10 });
  onTestFinished(() => client.close());
  const get = (more: Partial<HttpRequest> = {}): ReturnType<HttpClient['send']> =>
    client.send({ method: 'GET', url: `${origin}/a?b=c#d`, headers: {}, body: '', ...more });
  return { client, clock, get };
}

async function siteWith(listener: RequestListener): Promise<Site> {
  const requests: IncomingMessage[] = [];
  const { origin } = await startUpstream((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  return { ...clientOf(origin), requests };
}

test('every status is an answer, with its headers and its body', async () => {
  const site = await siteWith((_request, response) => {
    response.writeEarlyHints({ link: '</x>; rel=preload' });
    response.writeHead(404, { 'X-One': ['a', 'b'] }).end('not here');
  });
  const { status, headers, body } = await site.get();
  expect([status, headers['x-one'], body.toString()]).toEqual([404, 'a, b', 'not here']);
  expect(site.requests[0]).toMatchObject({ method: 'GET', url: '/a?b=c' });
  expect(site.requests[0]?.headers).not.toHaveProperty('content-length');
});

test('a redirect is not followed', async () => {
  const site = await siteWith((_request, response) => response.writeHead(307, { Location: '/elsewhere' }).end());
  expect(await site.get({ method: 'POST', body: 'secret' })).toMatchObject({ status: 307 });
  expect(site.requests).toHaveLength(1);
});

test('a body goes out with its length, text and bytes alike', async () => {
  const bodies: (readonly [string, string | undefined])[] = [];
  const site = await siteWith((request, response) => {
    void text(request).then((body) => {
      bodies.push([body, request.headers['content-length']]);
      response.end();
    });
  });
  for (const body of ['caf\u00e9', new Uint8Array([97, 98]), '']) await site.get({ method: 'POST', body });
  expect(bodies).toEqual([
    ['caf\u00e9', '5'],
    ['ab', '2'],
    ['', '0'],
  ]);
});

test('connections are kept for later calls', async () => {
  const ports = new Set<number | undefined>();
  const site = await siteWith((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('ok');
  });
  for (let count = 0; count < 10; count += 1) await site.get();
  // The next call may begin before the first one has quite put its connection back.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test.each<[string, RequestListener]>([
  ['that says so', (_request, response) => response.writeHead(200, { 'Content-Length': '11' }).flushHeaders()],
  ['in pieces', (_request, response) => void (response.write('12345'), response.write('123456'))],
  [
    'without an end',
    (_request, response) =>
      void setImmediate(function more() {
        if (response.write('x'.repeat(1000))) setImmediate(more);
      }),
  ],
])('an answer that is too large %s is given up', async (_what, listener) => {
  const site = await siteWith(listener);
  await expect(site.get()).rejects.toMatchObject({
    code: 'upstream-protocol',
    message: 'the answer is larger than 10 bytes',
  });
  await waitUntil(() => site.requests[0]?.socket.destroyed === true);
});

test('an answer that is as large as may be is whole', async () => {
  const site = await siteWith((_request, response) => response.end('1234567890'));
  expect((await site.get()).body.toString()).toBe('1234567890');
});

test.each<[string, RequestListener]>([
  ['before its head', () => undefined],
  ['inside its body', (_request, response) => void response.writeHead(200).write('1')],
])('an answer that is not there in time %s is given up', async (_what, listener) => {
  const site = await siteWith(listener);
  const answer = site.get().catch((error: unknown) => error);
  await waitUntil(() => site.requests.length > 0);
  site.clock.advance(1_000);
  expect(await answer).toMatchObject({ code: 'upstream-timeout', message: 'no whole answer within 1000 ms' });
  await waitUntil(() => site.requests[0]?.socket.destroyed === true);
});

test('a server that never accepts is given up too', async () => {
  const sockets: Socket[] = [];
  const { origin } = await startRawUpstream((socket) => sockets.push(socket));
  const { get, clock } = clientOf(origin);
  const answer = get().catch((error: unknown) => error);
  await waitUntil(() => sockets.length > 0);
  clock.advance(1_000);
  expect(await answer).toMatchObject({ code: 'upstream-timeout' });
});

test('the caller may give up, before and during the call', async () => {
  const site = await siteWith(() => undefined);
  const departure = new AbortController();
  const answer = site.get({ signal: departure.signal }).catch((error: unknown) => error);
  await waitUntil(() => site.requests.length > 0);
  departure.abort();
  expect(await answer).toMatchObject({ code: 'caller-left' });
  expect(await site.get({ signal: departure.signal }).catch((error: unknown) => error)).toMatchObject({
    code: 'caller-left',
  });
  expect(site.requests).toHaveLength(1);
});

test('a client that is closed sends nothing more, and lets what is on its way end', async () => {
  const ends: (() => void)[] = [];
  const site = await siteWith((_request, response) => ends.push(() => response.end('late')));
  const answer = site.get();
  await waitUntil(() => ends.length > 0);
  site.client.close();
  ends[0]?.();
  expect((await answer).body.toString()).toBe('late');
  await expect(site.get()).rejects.toMatchObject({ code: 'internal' });
});
