/** Whatever an upstream does, and however many calls do it at once: a caller gets one whole answer, or one clear failure. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { answering, echoing, resetting, startRetried, upPath, type Turn } from '../support/start-retried.ts';

/** What the upstream may do with a request; a body that comes back is the one that was sent, or nothing is. */
const turns: Readonly<Record<string, Turn>> = {
  echo: echoing,
  busy: answering(503),
  'busy with length': answering(503, { 'Content-Length': '8' }),
  'busy at the end': (request, response) => void request.resume().on('end', () => response.writeHead(500).end('no')),
  reset: resetting,
  'reset inside the body': (request) => void request.once('data', () => request.socket.resetAndDestroy()),
  close: (request) => void request.socket.end(),
  'half a head': (request) => void request.socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
  'asks to wait': answering(429, { 'Retry-After': '0' }),
  'a long busy answer': (_request, response) => void response.writeHead(503).end(Buffer.alloc(200_000)),
  'closes after busy': answering(503, { Connection: 'close' }),
  silence: (request) => void request.resume(),
};

const call = fc.record({
  turns: fc.array(fc.constantFrom(...Object.keys(turns)), { maxLength: 4 }),
  method: fc.constantFrom('PUT', 'POST', 'GET', 'DELETE'),
  bytes: fc.constantFrom(0, 1, 5_000, 70_000, 250_000, 300_000),
  isHttp2: fc.boolean(),
});

test('a caller gets what he sent, or a failure, and nothing of another try', async () => {
  const scripts = new Map<string, string[]>();
  const { proxy } = await startRetried(
    [
      (request, response) => {
        const next = scripts.get(new URL(request.url ?? '/', 'http://x').searchParams.get('call') ?? '')?.shift();
        (turns[next ?? 'echo'] ?? echoing)(request, response);
      },
    ],
    {
      policies:
        '{ timeouts: { t: 200ms }, retries: { r: { policy: constant, duration: 1ms, maxRetries: 6, matching: { httpMethods: "*" } } } }',
      entry: '{ timeout: t, retry: r }',
      args: ['--retry-buffer-total=1Mi'],
    },
  );
  const session = openH2c(proxy.port);
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 8 }), async (batch) => {
      await Promise.all(
        batch.map(async ({ turns: script, method, bytes, isHttp2 }) => {
          calls += 1;
          scripts.set(String(calls), [...script]);
          const path = `${upPath}?call=${calls}`;
          const body = bytes === 0 ? undefined : String(calls % 10).repeat(bytes);
          const answer = isHttp2
            ? await askH2c(session, { ':method': method, ':path': path }, body)
            : await ask(proxy.port, {
                method,
                path,
                ...(body === undefined ? {} : { body, headers: ['Content-Length', String(bytes)] }),
              });
          // 408: on a busy machine the rest of a body can be later than the try's limit.
          expect([200, 408, 429, 500, 502, 503, 504]).toContain(answer.status);
          if (answer.status === 200) expect(answer.body === (body ?? '')).toBe(true);
        }),
      );
    }),
    { numRuns: 25, endOnFailure: true },
  );
  expect(proxy.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
