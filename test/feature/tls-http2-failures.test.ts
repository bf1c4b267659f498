/** HTTP/2 upstreams that break off: the caller's answer never looks whole, and what was not looked at goes again. */
import { constants } from 'node:http2';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, errorOf, type Answer } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { farPath, startProxyTo } from '../support/start-proxy-to.ts';
import { startHttp2Upstream, type StreamListener, type TlsUpstream } from '../support/start-tls-upstream.ts';
import { listenUntilTestEnds } from '../support/start-upstream.ts';

const { rootCa, server, strictServer } = await createTestAuthority();

interface Call {
  (method?: string, body?: string): Promise<Answer>;
}

async function startBoth(
  onStream: StreamListener,
  options: object = {},
): Promise<{ call: Call; upstream: TlsUpstream }> {
  const upstream = await startHttp2Upstream({ ...server, ...options }, onStream);
  return { call: await callerOf(upstream.origin), upstream };
}

async function callerOf(baseUrl: string, args: readonly string[] = []): Promise<Call> {
  const proxy = await startProxyTo({ baseUrl, rootCa }, { args });
  return (method = 'GET', body) => ask(proxy.port, { method, path: farPath, ...(body === undefined ? {} : { body }) });
}

describe('a body of unknown length that is cut', () => {
  test.each([
    ['by a reset without an error code', (stream) => stream.destroy()],
    ['by a reset with an error code', (stream) => stream.destroy(new Error('test'))],
    ['by a connection that ends', (stream) => stream.session?.destroy()],
    ['by a connection that breaks', (stream) => stream.session?.socket.destroy()],
    [
      'by GOAWAY with an error',
      (stream) => stream.session?.destroy(new Error('test'), constants.NGHTTP2_INTERNAL_ERROR),
    ],
  ] as [string, StreamListener][])('%s breaks the caller connection too', async (_how, cut) => {
    const { call } = await startBoth((stream, headers, raw) => {
      stream.respond({ ':status': 200 });
      stream.write('the first half', () => cut(stream, headers, raw));
    });
    await expect(call()).rejects.toThrow('aborted');
  });
});

describe('an answer', () => {
  test('that is shorter than its length breaks the caller connection', async () => {
    const { call } = await startBoth((stream) => {
      stream.respond({ ':status': 200, 'content-length': '10' });
      stream.end('12345');
    });
    await expect(call()).rejects.toThrow('aborted');
  });

  test('that never begins is 502 with the reason', async () => {
    const { call } = await startBoth((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    const answer = await call();
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain('the upstream reset the call (NGHTTP2_INTERNAL_ERROR)');
  });

  test('that never begins is 504 after --upstream-response-timeout', async () => {
    const upstream = await startHttp2Upstream(server, () => undefined);
    const call = await callerOf(upstream.origin, ['--upstream-response-timeout=50ms']);
    const answer = await call('POST', 'body');
    expect(answer.status).toBe(504);
    expect(errorOf(answer).message).toContain('timed out waiting for the response headers');
  });

  test('that stalls breaks the caller connection after --upstream-idle-timeout', async () => {
    const upstream = await startHttp2Upstream(server, (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
    });
    const call = await callerOf(upstream.origin, ['--upstream-idle-timeout=50ms']);
    await expect(call()).rejects.toThrow('aborted');
  });

  test('that comes before the request is whole is passed on', async () => {
    const { call } = await startBoth((stream) => {
      stream.respond({ ':status': 413 });
      stream.end('too much');
    });
    expect(await call('POST', 'x'.repeat(300_000))).toMatchObject({ status: 413, body: 'too much' });
  });
});

describe('GOAWAY', () => {
  test('lets the call in flight finish and sends the next one over a new connection', async () => {
    const { call, upstream } = await startBoth((stream) => {
      const { session } = stream;
      stream.respond({ ':status': 200 });
      stream.write('part one, ', () => {
        session?.goaway(constants.NGHTTP2_NO_ERROR);
        stream.end('part two');
      });
    });
    expect(await call()).toMatchObject({ status: 200, body: 'part one, part two' });
    expect(await call()).toMatchObject({ status: 200, body: 'part one, part two' });
    expect(upstream.connections).toHaveLength(2);
  });

  test('that leaves out a call without a body sends it again elsewhere', async () => {
    const { call, upstream } = await startBoth((stream) => {
      // The second call of the first connection: only the first one was looked at.
      if (stream.id === 3) {
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
        return;
      }
      stream.respond({ ':status': 200 });
      stream.end(`stream ${stream.id}`);
    });
    expect(await call()).toMatchObject({ status: 200, body: 'stream 1' });
    expect(await call()).toMatchObject({ status: 200, body: 'stream 1' });
    expect(upstream.requests).toHaveLength(3);
    expect(upstream.connections).toHaveLength(2);
  });
});

describe('REFUSED_STREAM', () => {
  test('sends a call without a body again once', async () => {
    let refused = 0;
    const { call, upstream } = await startBoth((stream) => {
      if (refused === 0) {
        refused += 1;
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      stream.respond({ ':status': 200 });
      stream.end('second');
    });
    expect(await call()).toMatchObject({ status: 200, body: 'second' });
    expect(upstream.requests).toHaveLength(2);
  });

  test('time and again is 502, not a circle', async () => {
    const { call, upstream } = await startBoth((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    expect((await call()).status).toBe(502);
    expect(upstream.requests).toHaveLength(2);
  });

  test('never sends a body twice', async () => {
    const { call, upstream } = await startBoth((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    expect((await call('POST', 'pay')).status).toBe(502);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('a kept connection that breaks under a call', () => {
  /** Answers the first call of each connection and breaks the connection at the second. */
  const breaking: StreamListener = (stream) => {
    if (stream.id !== 1) {
      stream.session?.socket.destroy();
      return;
    }
    stream.resume();
    stream.respond({ ':status': 200 });
    stream.end('answered');
  };

  test('costs a call that may be served twice nothing: it goes again over a new one', async () => {
    const { call, upstream } = await startBoth(breaking);
    for (let count = 0; count < 3; count += 1) expect(await call()).toMatchObject({ status: 200, body: 'answered' });
    expect(upstream.connections).toHaveLength(3);
    expect((await call('DELETE')).status).toBe(200);
    expect(upstream.connections).toHaveLength(4);
  });

  test('is 502 for a call that may not', async () => {
    const { call, upstream } = await startBoth(breaking);
    expect((await call('POST', 'pay')).status).toBe(200);
    expect((await call('POST', 'pay')).status).toBe(502);
    expect(upstream.requests).toHaveLength(2);
  });

  test('is 502 when it was opened for this very call: nothing says that the call was not looked at', async () => {
    const { call, upstream } = await startBoth((stream) => stream.session?.socket.destroy());
    expect((await call()).status).toBe(502);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('a server that cannot be had', () => {
  test('fails all who wait for it together, not one after the other', async () => {
    // Accepts and never shakes hands: every attempt takes the whole connect timeout.
    let attempts = 0;
    const silent = createServer((socket) => {
      attempts += 1;
      socket.on('error', () => socket.destroy());
    });
    const port = await listenUntilTestEnds(silent);
    const call = await callerOf(`https://localhost:${port}`, ['--upstream-connect-timeout=100ms']);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 504));
    expect(attempts).toBeLessThanOrEqual(2);
  });

  test('demands a client certificate: 502 that says so', async () => {
    const { call, upstream } = await startBoth(
      (stream) => stream.respond({ ':status': 200 }, { endStream: true }),
      strictServer,
    );
    const answer = await call();
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain('the upstream demands a client certificate');
    expect(upstream.requests).toEqual([]);
  });

  test('agrees on HTTP/2 and speaks something else: 502', async () => {
    const upstream = await startHttp2Upstream({ ...server, maxSettings: 1 }, () => undefined);
    upstream.server.removeAllListeners('secureConnection');
    upstream.server.on('secureConnection', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    const call = await callerOf(upstream.origin);
    expect((await call()).status).toBe(502);
  });
});
