/** The middleware before a scripted OPA; test/cluster/opa.test.ts has it before a real one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import type { Middleware } from '../../../proxy/middleware/middleware.ts';
import { createOpa } from '../../../proxy/middleware/opa/create-opa.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type LogLine, memoryLogger } from '../../support/memory-logger.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';
import { openTestPool } from '../../support/open-test-pool.ts';
import { startUpstream } from '../../support/start-upstream.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const rego = 'package http\nallow := true\n';
const refused = { status: 403, headers: ['x-dapr-opa-error', 'true'], body: 'Forbidden' };

interface Site {
  readonly opa: Middleware;
  readonly clock: ManualClock;
  readonly lines: LogLine[];
  /** Method and path of each call. */
  readonly calls: string[];
  answer: Answer;
}

const json =
  (status: number, document: unknown): Answer =>
  (_request, response) =>
    void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(document));

async function siteWith(settings: Readonly<Record<string, string>>, answer: Answer = json(200, {})): Promise<Site> {
  const calls: string[] = [];
  const site = { answer };
  const { origin } = await startUpstream((request, response) => {
    calls.push(`${request.method ?? ''} ${request.url ?? ''}`);
    request.resume().on('end', () => site.answer(request, response));
  });
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const opa = await createOpa(
    {
      state: 'ready',
      name: 'policy',
      type: 'middleware.http.opa',
      revision: '1',
      environmentSettings: [],
      settings: Object.entries({ url: `${origin}/base/`, ...settings }).map(([name, value]) => ({
        name,
        value: new Sensitive(value, { ref: 'inline', version: '' }),
      })),
    },
    {
      appId: 'orders',
      namespace: 'shop',
      clock,
      logger: memoryLogger(lines),
      openPool: openTestPool,
      signal: new AbortController().signal,
    },
  );
  onTestFinished(() => opa.close());
  return Object.assign(site, { opa, clock, lines, calls });
}

test('a token goes along, and the path of the URL stays in front', async () => {
  const tokens: (string | undefined)[] = [];
  const { opa, calls } = await siteWith({ token: 'planted', decision: 'authz/open' }, (request, response) => {
    tokens.push(request.headers.authorization);
    json(200, { result: true })(request, response);
  });
  expect(await opa.handle(middlewareRequest())).toBeNull();
  expect(calls).toEqual(['POST /base/v1/data/authz/open']);
  expect(tokens).toEqual(['Bearer planted']);
});

test.each<[string, Answer]>([
  ['an error', json(500, { code: 'internal_error', message: 'conflict' })],
  ['nothing', json(200, {})],
  ['no JSON', (_request, response) => void response.end('<html>')],
  ['a list', json(200, [true])],
  ['no decision', json(200, { result: 'yes' })],
  ['too much', (_request, response) => void response.end(JSON.stringify({ result: 'x'.repeat(300 * 1024) }))],
  ['a redirection', (_request, response) => void response.writeHead(302, { Location: '/v1/data/open' }).end()],
  [
    'half an answer',
    (_request, response) => void response.writeHead(200, { 'Content-Length': 99 }).write('{"result": true'),
  ],
  ['no answer', (request) => void request.socket.destroy()],
  ['the framing of a message', json(200, { result: { allow: true, additional_headers: { Host: 'other' } } })],
])('%s is a refusal, in the log', async (_what, answer) => {
  const site = await siteWith({});
  site.answer = (request, response) => {
    answer(request, response);
    if (!response.writableEnded) request.socket.end();
  };
  expect(await site.opa.handle(middlewareRequest())).toMatchObject(refused);
  expect(site.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'warn: no decision about a request, which is refused',
  ]);
});

test('a slow decision is a refusal with the status that is set', async () => {
  const asked = Promise.withResolvers<void>();
  const { opa, clock } = await siteWith({ timeout: '2s', defaultStatus: '418' }, () => asked.resolve());
  const verdict = opa.handle(middlewareRequest());
  await asked.promise;
  clock.advance(2_000);
  expect(await verdict).toMatchObject({ status: 418, headers: ['x-dapr-opa-error', 'true'] });
});

test('the sentence about a server that is not there says that it is the one of OPA', async () => {
  const cut: Answer = (_request, response) => void response.destroy();
  await expect(siteWith({ rego }, cut)).rejects.toThrow(/^the OPA server: the upstream closed the connection/);
});

test('who leaves meanwhile gets nothing, and no log line', async () => {
  const asked = Promise.withResolvers<void>();
  const { opa, lines } = await siteWith({}, () => asked.resolve());
  const departure = new AbortController();
  const verdict = opa.handle(middlewareRequest({ departure: departure.signal }));
  await asked.promise;
  departure.abort(new ProxyError('caller-left', 'the caller left'));
  await expect(verdict).rejects.toMatchObject({ code: 'caller-left' });
  expect(lines).toEqual([]);
});

test('a connection that OPA has closed is not the end', async () => {
  const site = await siteWith({});
  let resets = 1;
  site.answer = (request, response) => {
    resets -= 1;
    if (resets >= 0) request.socket.destroy();
    else json(200, { result: true })(request, response);
  };
  expect(await site.opa.handle(middlewareRequest())).toBeNull();
  expect(site.calls).toHaveLength(2);
});

test('a policy is put again when its rule is gone, and not for each request without a decision', async () => {
  const site = await siteWith({ rego });
  const [put] = site.calls;
  expect(put).toMatch(/^PUT \/base\/v1\/policies\/farpoint\/shop\/orders\/policy\/p[0-9a-f]{32}$/);
  const ask = `POST /base/v1/data/farpoint/${put?.split('/').at(-1) ?? ''}/http/allow`;
  const decide = async (): Promise<readonly string[]> => {
    site.calls.length = 0;
    expect(await site.opa.handle(middlewareRequest())).toMatchObject(refused);
    return [...site.calls];
  };
  site.clock.advance(999);
  expect(await decide()).toEqual([ask]);
  site.clock.advance(1);
  expect(await decide()).toEqual([ask, put, ask]);
  site.clock.advance(999);
  expect(await decide()).toEqual([ask]);
});

test('requests that find it gone together put it once', async () => {
  const site = await siteWith({ rego });
  site.clock.advance(10_000);
  site.calls.length = 0;
  let isThere = false;
  site.answer = (request, response) => {
    if (request.method === 'PUT') isThere = true;
    json(200, request.method === 'POST' && isThere ? { result: true } : {})(request, response);
  };
  const verdicts = await Promise.all(Array.from({ length: 5 }, async () => site.opa.handle(middlewareRequest())));
  expect(verdicts).toEqual([null, null, null, null, null]);
  expect(site.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(1);
});

test.each([
  [
    {
      code: 'invalid_parameter',
      message: 'error(s) occurred',
      errors: [{ code: 'rego_type_error', message: 'undefined function f', location: { row: 7 } }],
    },
    'OPA refuses the policy (400): undefined function f in line 7',
  ],
  [
    { errors: [{ code: 'rego_parse_error', message: 'no\r\nif' }] },
    'OPA refuses the policy (400): no if; for Rego of before OPA 1.0 start OPA with --v0-compatible',
  ],
  [{ message: 'x'.repeat(1_000) }, `OPA refuses the policy (400): ${'x'.repeat(300)}...`],
  [['?'], 'OPA refuses the policy (400)'],
])('a policy that OPA does not take: %j', async (document, message) => {
  await expect(siteWith({ rego }, json(400, document))).rejects.toThrow(new Error(message));
});
