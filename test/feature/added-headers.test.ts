/** What the proxy adds to a call, keeps from it, and keeps for itself: spec.headers, tokens, identity, forwarding fields. */
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { headerLinesOf, startByteUpstream, type ByteUpstream } from '../support/byte-upstream.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';

interface Pair {
  readonly upstream: ByteUpstream;
  readonly proxy: TestProxy;
}

/** The same upstream as the HTTPEndpoint `up`, as a URL and as the own application. */
async function startPair(env: Readonly<Record<string, string>> = {}, headers = '[]'): Promise<Pair> {
  const upstream = await startByteUpstream();
  const spec = `spec: { baseUrl: "${upstream.origin}", headers: ${headers} }`;
  const resources = { 'up.yaml': httpEndpoint('up', upstream.origin).replace(/spec: .*/, spec) };
  return { upstream, proxy: await startTestProxy({ resources, env, args: [`--app-port=${upstream.port}`] }) };
}

/** The header lines that each kind of target got, by kind. */
async function linesByKind(
  { upstream, proxy }: Pair,
  headers: readonly string[],
): Promise<Record<string, readonly string[]>> {
  const targets = { endpoint: 'up', url: upstream.origin, app: 'orders' };
  const lines: Record<string, readonly string[]> = {};
  for (const [kind, target] of Object.entries(targets)) {
    const answer = await ask(proxy.port, { path: `/v1.0/invoke/${target}/method/x`, headers });
    expect(answer.status).toBe(200);
    lines[kind] = headerLinesOf(upstream.requests.at(-1)).filter((line) => !/^(host|connection): /i.test(line));
  }
  return lines;
}

const appIdentity = ['dapr-caller-app-id: orders', 'dapr-caller-namespace: default', 'dapr-callee-app-id: orders'];

describe('spec.headers', () => {
  const headers =
    '[{ name: X-Key, value: owner }, { name: content-type, value: text/csv }, { name: X-Number, value: "123" }]';

  test('replace whatever the caller sent under that name, in any case, and nothing else', async () => {
    const pair = await startPair({}, headers);
    const sent = ['x-key', '1', 'X-KEY', '2', 'Content-Type', 'application/json', 'X-Other', '3'];
    const { endpoint } = await linesByKind(pair, sent);
    expect(endpoint).toEqual(['X-Other: 3', 'X-Key: owner', 'content-type: text/csv', 'X-Number: 123']);
  });

  test('go to that endpoint only, not to its URL and not to the application', async () => {
    const { url, app } = await linesByKind(await startPair({}, headers), []);
    expect(url).toEqual([]);
    expect(app).toEqual(appIdentity);
  });

  test('may hold an Authorization that beats the caller and the URL', async () => {
    const pair = await startPair({}, '[{ name: Authorization, value: Bearer owner }]');
    const { endpoint } = await linesByKind(pair, ['authorization', 'Bearer caller']);
    expect(endpoint).toEqual(['Authorization: Bearer owner']);
  });
});

describe('tokens', () => {
  const env = { DAPR_API_TOKEN: 'api-secret', APP_API_TOKEN: 'app-secret' };

  test('of the API goes nowhere; that of the application goes to the application only', async () => {
    const lines = await linesByKind(await startPair(env), ['dapr-api-token', 'api-secret', 'X-A', '1']);
    expect(lines).toEqual({
      endpoint: ['X-A: 1'],
      url: ['X-A: 1'],
      app: ['X-A: 1', ...appIdentity, 'dapr-api-token: app-secret'],
    });
  });

  test('that a caller sends without being asked for one goes nowhere either', async () => {
    const lines = await linesByKind(await startPair(), ['Dapr-Api-Token', 'caller-secret']);
    expect(lines).toEqual({ endpoint: [], url: [], app: appIdentity });
  });
});

describe('identity', () => {
  test('that a caller claims towards the application is replaced by the true one', async () => {
    const claim = ['Dapr-Caller-App-Id', 'admin', 'dapr-caller-namespace', 'kube-system', 'DAPR-CALLEE-APP-ID', 'x'];
    const { app } = await linesByKind(await startPair({ NAMESPACE: 'shop' }), claim);
    expect(app).toEqual(['dapr-caller-app-id: orders', 'dapr-caller-namespace: shop', 'dapr-callee-app-id: orders']);
  });
});

describe('forwarding fields', () => {
  test('are added for nobody: HTTPEndpoint, URL and own application', async () => {
    for (const lines of Object.values(await linesByKind(await startPair(), []))) {
      expect(lines.join('\n')).not.toMatch(/forwarded|^via/im);
    }
  });

  test('of the caller pass through, each line as it is', async () => {
    const sent = [
      'X-Forwarded-For',
      '1.2.3.4',
      'x-forwarded-for',
      '5.6.7.8',
      'X-Forwarded-Host',
      'shop.example',
      'X-Forwarded-Proto',
      'https',
      'Forwarded',
      'for=1.2.3.4;host=shop.example',
      'Via',
      '1.1 edge',
    ];
    const expected = [
      'X-Forwarded-For: 1.2.3.4',
      'x-forwarded-for: 5.6.7.8',
      'X-Forwarded-Host: shop.example',
      'X-Forwarded-Proto: https',
      'Forwarded: for=1.2.3.4;host=shop.example',
      'Via: 1.1 edge',
    ];
    const lines = await linesByKind(await startPair(), sent);
    expect(lines).toEqual({ endpoint: expected, url: expected, app: [...expected, ...appIdentity] });
  });
});

describe('a call that would come back', () => {
  test('by an HTTPEndpoint or a URL that names this proxy is refused with 508', async () => {
    const { upstream, proxy } = await startPair();
    await proxy.change('self.yaml', httpEndpoint('self', proxy.origin));
    for (const target of ['self', proxy.origin, proxy.origin.replace('127.0.0.1', 'localhost')]) {
      const answer = await ask(proxy.port, { path: `/v1.0/invoke/${target}/method/v1.0/invoke/up/method/x` });
      expect(answer.status).toBe(508);
      expect(answer.body).toContain('the target is this proxy itself');
    }
    expect(upstream.requests).toEqual([]);
  });
});
