/**
 * Requests put together at random from the pieces that desynchronise servers. Whatever comes in, the proxy lives, says
 * 2xx only for what reached the upstream, and the upstream never sees a request that was hidden inside another.
 * FUZZ_RUNS sets the number of runs of a hundred connections each (`make soak`: 100).
 */
import fc from 'fast-check';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { preface, settingsFrame } from '../support/http2-frames.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';
import { listenUntilTestEnds } from '../support/start-upstream.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 3);
const timeout = 20_000 + runs * 5_000;
const impatient = ['--header-timeout=200ms', '--body-idle-timeout=200ms', '--idle-timeout=200ms'];

interface Victim {
  readonly proxy: TestProxy;
  /** Paths of the requests that reached the upstream, `/alive` left out. */
  readonly seen: string[];
}

/** An upstream that takes whatever a lenient parser can make a request of. */
async function startVictim(): Promise<Victim> {
  const seen: string[] = [];
  const server = createServer({ insecureHTTPParser: true, requireHostHeader: false }, (request, response) => {
    if (request.url !== '/alive') seen.push(request.url ?? '');
    request.resume().on('end', () => response.end('ok'));
  });
  const port = await listenUntilTestEnds(server);
  const resources = { 'up.yaml': httpEndpoint('up', `http://127.0.0.1:${port}`) };
  return { seen, proxy: await startTestProxy({ resources, args: impatient }) };
}

/** A request of its own to a parser that has lost its place; the proxy itself knows no such path. */
const hidden = 'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';

const lineEnd = fc.oneof(
  { weight: 20, arbitrary: fc.constant('\r\n') },
  fc.constantFrom('\n', '\r', '\r\r\n', ' \r\n', '\n\r\n', '\0\r\n'),
);
const framing = fc.constantFrom(
  'Content-Length: 5',
  'Content-Length: 0',
  `Content-Length: ${hidden.length}`,
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length : 5',
  'Content-Length: 0x5',
  'Content-Length:\t5',
  ' Content-Length: 5',
  'Transfer-Encoding: chunked',
  'transfer-encoding: Chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: xchunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'Trailer: X',
  'Connection: Content-Length',
  'Connection: Transfer-Encoding, close',
  'Expect: 100-continue',
  'Upgrade: websocket\r\nConnection: Upgrade',
);
const anyHeader = fc.oneof(
  { weight: 3, arbitrary: framing },
  fc
    .tuple(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 12 }))
    .map(([name, value]) => `${name}: ${value}`),
);
const body = fc.oneof(
  fc.constantFrom(
    '',
    'abcde',
    hidden,
    `5\r\nabcde\r\n0\r\n\r\n`,
    `0\r\n\r\n${hidden}`,
    `5\r\nabcde\r\n0\r\nX: y\r\n\r\n${hidden}`,
    `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    `5;${'x'.repeat(20)}\nabcde\r\n0\r\n\r\n${hidden}`,
    `-5\r\nabcde\r\n${hidden}`,
    `5\r\nabcdeXX0\r\n\r\n${hidden}`,
    `00000000000000005\r\nabcde\r\n0\r\n\r\n`,
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const startLine = fc.tuple(
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'PROPFIND') },
    fc.string({ maxLength: 6 }),
  ),
  fc.constantFrom('', '/x', '?q', '%2e%2e', '%00', ' x', '\t', '#f', '%0d%0aX:y'),
  fc.oneof(
    { weight: 8, arbitrary: fc.constant('HTTP/1.1') },
    fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', '', 'http/1.1', 'HTTP/1.1 '),
  ),
);
const anyRequest = fc
  .record({
    startLine,
    headers: fc.array(fc.tuple(anyHeader, lineEnd), { maxLength: 5 }),
    firstEnd: lineEnd,
    lastEnd: lineEnd,
    body,
  })
  .map(
    ({ startLine: [method, suffix, version], headers, firstEnd, lastEnd, body: content }) =>
      (id: string): string => {
        const fields = headers.map(([header, end]) => header + end).join('');
        return `${method} /v1.0/invoke/up/method/${id}${suffix} ${version}${firstEnd}Host: localhost\r\n${fields}${lastEnd}${content}`;
      },
  );

/** Sends the bytes and resolves with all that came back when the proxy has closed. */
async function exchange(proxy: TestProxy, bytes: string): Promise<string> {
  const connection = await openRawConnection(proxy.port);
  connection.send(bytes);
  await connection.closed();
  return connection.received;
}

test(
  'no request at random is smuggled, and none is answered 2xx that the upstream has not seen',
  { timeout },
  async () => {
    const { proxy, seen } = await startVictim();
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyRequest, { minLength: 100, maxLength: 100 }), async (requests) => {
        const answers = await Promise.all(
          requests.map(async (make) => {
            const id = `id${(sent += 1)}-`;
            return { id, bytes: make(id), received: await exchange(proxy, make(id)) };
          }),
        );
        expect(seen.filter((url) => !url.startsWith('/id'))).toEqual([]);
        for (const { id, bytes, received } of answers) {
          const reached = seen.filter((url) => url.startsWith(`/${id}`)).length;
          const successes = received.match(/HTTP\/1\.1 2\d\d /g)?.length ?? 0;
          expect(reached, `${JSON.stringify(bytes)} was sent on so often`).toBeLessThanOrEqual(1);
          expect(successes, `${JSON.stringify(bytes)} was answered ${JSON.stringify(received)}`).toBeLessThanOrEqual(
            reached,
          );
        }
        await expectAlive(proxy.port, 'up');
      }),
      { numRuns: runs, endOnFailure: true },
    );
    // Otherwise the pieces have become too odd to find anything with.
    expect(seen.length).toBeGreaterThan(sent / 20);
  },
);

test('no bytes behind an HTTP/2 preface end anything but their connection', { timeout }, async () => {
  const { proxy, seen } = await startVictim();
  const frameHead = fc.tuple(fc.nat(64), fc.nat(12), fc.nat(255), fc.constantFrom(0, 1, 2, 3, 5, 0x7fffffff));
  const anyFrame = fc
    .tuple(frameHead, fc.uint8Array({ maxLength: 64 }))
    .map(([[length, type, flags, stream], payload]) => {
      const head = Buffer.alloc(9);
      head.writeUIntBE(length, 0, 3);
      head.writeUInt8(type, 3);
      head.writeUInt8(flags, 4);
      head.writeUInt32BE(stream, 5);
      return Buffer.concat([head, payload.subarray(0, length)]);
    });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyFrame, { maxLength: 10 }), { minLength: 100, maxLength: 100 }),
      async (connections) => {
        const all = connections.map((frames) =>
          Buffer.concat([preface, settingsFrame(), ...frames]).toString('latin1'),
        );
        await Promise.all(all.map((bytes) => exchange(proxy, bytes)));
        expect(seen).toEqual([]);
        await expectAlive(proxy.port, 'up');
      },
    ),
    { numRuns: runs, endOnFailure: true },
  );
});
