/** `--allowed-origins`: browsers may ask first, and are told on each answer, whoever made it. */
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { headerLinesOf, startByteUpstream } from '../support/byte-upstream.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/x';
const shop = 'https://shop.example';
const corsAnswer =
  'HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: https://theirs.example\r\nVary: Accept\r\nContent-Length: 2\r\n\r\nok';

interface Pair {
  readonly proxy: TestProxy;
  readonly requests: readonly string[];
}

async function startPair(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  answer?: string,
): Promise<Pair> {
  const upstream = await startByteUpstream(answer);
  const proxy = await startTestProxy({ args, env, resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  return { proxy, requests: upstream.requests };
}

async function linesFor(proxy: TestProxy, request: string): Promise<readonly string[]> {
  const answer = await rawExchange(proxy.port, `${request}\r\n\r\n`, isWholeResponse);
  return headerLinesOf(answer).filter((line) => /^(access-control-|vary)/i.test(line));
}

describe('a preflight', () => {
  test('is answered by the proxy, without the token and without the upstream', async () => {
    const { proxy, requests } = await startPair([`--allowed-origins=${shop},https://other.example`], {
      DAPR_API_TOKEN: 'secret',
    });
    const headers = ['Origin', shop, 'Access-Control-Request-Method', 'PUT', 'Access-Control-Request-Headers', 'x-a'];
    const answer = await ask(proxy.port, { path, method: 'OPTIONS', headers });
    expect(answer).toMatchObject({
      status: 200,
      body: '',
      headers: {
        'access-control-allow-origin': shop,
        'access-control-allow-methods': 'PUT',
        'access-control-allow-headers': 'x-a',
      },
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    expect(requests).toEqual([]);
  });

  test('from an origin that is not allowed gets no permission', async () => {
    const { proxy, requests } = await startPair([`--allowed-origins=${shop}`]);
    const headers = ['Origin', 'https://evil.example', 'Access-Control-Request-Method', 'PUT'];
    const answer = await ask(proxy.port, { path, method: 'OPTIONS', headers });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(requests).toEqual([]);
  });

  test('with CORS off is a call like any other', async () => {
    const { proxy, requests } = await startPair([]);
    const headers = ['Origin', shop, 'Access-Control-Request-Method', 'PUT'];
    expect((await ask(proxy.port, { path, method: 'OPTIONS', headers })).body).toBe('ok');
    expect(requests[0]).toMatch(/^OPTIONS \/x HTTP\/1\.1\r\n/);
    expect(headerLinesOf(requests[0])).toContain(`Origin: ${shop}`);
  });
});

describe('an answer', () => {
  const get = `GET ${path} HTTP/1.1\r\nHost: x`;

  test("of an upstream carries the permission, in place of the upstream's own", async () => {
    const { proxy } = await startPair([`--allowed-origins=${shop}`], {}, corsAnswer);
    expect(await linesFor(proxy, `${get}\r\nOrigin: ${shop}`)).toEqual([
      'Vary: Accept',
      'Vary: Origin',
      `Access-Control-Allow-Origin: ${shop}`,
    ]);
  });

  test('to a request without Origin, or with CORS off, is left as it is', async () => {
    const theirs = ['Access-Control-Allow-Origin: https://theirs.example', 'Vary: Accept'];
    const { proxy } = await startPair([`--allowed-origins=${shop}`], {}, corsAnswer);
    expect(await linesFor(proxy, get)).toEqual(theirs);
    const off = await startPair([], {}, corsAnswer);
    expect(await linesFor(off.proxy, `${get}\r\nOrigin: ${shop}`)).toEqual(theirs);
  });

  test('of the proxy itself carries it too, so that a browser may read the error', async () => {
    const { proxy } = await startPair(['--allowed-origins=*'], { DAPR_API_TOKEN: 'secret' });
    expect(await linesFor(proxy, `${get}\r\nOrigin: ${shop}`)).toEqual([
      'Vary: Origin',
      'Access-Control-Allow-Origin: *',
    ]);
    const unknown = `GET /v1.0/invoke/nobody/method/x HTTP/1.1\r\nHost: x\r\ndapr-api-token: secret\r\nOrigin: ${shop}`;
    expect(await linesFor(proxy, unknown)).toEqual(['Vary: Origin', 'Access-Control-Allow-Origin: *']);
  });
});
