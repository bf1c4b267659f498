/** `Upgrade: h2c`: the request that asks becomes the first stream, with everything it said. */
import { describe, expect, test } from 'vitest';
import { headerLinesOf, requestLineOf, startByteUpstream } from '../support/byte-upstream.ts';
import { curl } from '../support/curl.ts';
import { frameType, preface, settingsFrame } from '../support/http2-frames.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, type TestProxy } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/x';

async function startPair(answer?: string): Promise<{ proxy: TestProxy; requests: readonly string[] }> {
  const upstream = await startByteUpstream(answer);
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  return { proxy, requests: upstream.requests };
}

/** Names of HTTP/2 are lower case; what the connection itself says is left out. */
function endToEndLines(request: string | undefined): readonly string[] {
  return headerLinesOf(request).filter((line) => !/^(host|connection): /i.test(line));
}

describe('curl --http2', () => {
  test('brings path, query, verb, long and repeated fields along', async () => {
    const { proxy, requests } = await startPair();
    const long = 'v'.repeat(2000);
    const result = await curl(
      '--http2',
      '--path-as-is',
      '--request',
      'DELETE',
      '--user-agent',
      'other/1',
      '--header',
      'Accept:',
      '--header',
      'X-Many: 1',
      '--header',
      'x-many: 2',
      '--header',
      `X-Long: ${long}`,
      `${proxy.origin}${path}/a%2Fb//c/?q=%20&r`,
    );
    expect(result).toMatchObject({ exitCode: 0, output: 'ok' });
    expect(requestLineOf(requests[0])).toBe('DELETE /x/a%2Fb//c/?q=%20&r HTTP/1.1');
    expect(endToEndLines(requests[0])).toEqual(['user-agent: other/1', 'x-many: 1', 'x-many: 2', `x-long: ${long}`]);
  });

  test('finds its target in a header', async () => {
    const { proxy, requests } = await startPair();
    expect((await curl('--http2', '--header', 'dapr-app-id: up', `${proxy.origin}/a`)).output).toBe('ok');
    expect(requestLineOf(requests[0])).toBe('GET /a HTTP/1.1');
  });

  test('gets errors as HTTP/2 too', async () => {
    const { proxy } = await startPair();
    const write = ' %{http_code} %{http_version}';
    const result = await curl('--http2', '--write-out', write, `${proxy.origin}/v1.0/invoke/nobody/method/x`);
    expect(result.output).toMatch(/"ERR_DIRECT_INVOKE".* 404 2$/);
  });

  test('gets a large answer whole', async () => {
    const size = 3 * 1024 * 1024;
    const { proxy } = await startPair(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    const result = await curl(
      '--http2',
      '--output',
      '/dev/null',
      '--write-out',
      '%{size_download} %{http_version}',
      `${proxy.origin}${path}`,
    );
    expect(result).toMatchObject({ exitCode: 0, output: `${size} 2` });
  });
});

describe('the bytes of an upgrade', () => {
  const upgrade = [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    '',
    '',
  ].join('\r\n');

  test('are 101 and then HTTP/2, whose first stream answers the request', async () => {
    const { proxy, requests } = await startPair();
    const early = `${upgrade}${preface.toString('latin1')}${settingsFrame().toString('latin1')}`;
    const received = await rawExchange(proxy.port, early, (text) => text.endsWith('ok'));
    const [head = '', rest = ''] = received.split('\r\n\r\n', 2);
    expect(head).toBe('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c');
    expect(rest.charCodeAt(3)).toBe(frameType.settings);
    expect(requestLineOf(requests[0])).toBe('GET /x HTTP/1.1');
    expect(requests[0]).not.toMatch(/upgrade|http2-settings/i);
  });

  test('without HTTP2-Settings are an ordinary request', async () => {
    const { proxy, requests } = await startPair();
    const plain = upgrade.replace(', HTTP2-Settings', '').replace(/HTTP2-Settings: .*\r\n/, '');
    expect(await rawExchange(proxy.port, plain, isWholeResponse)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(requests).toHaveLength(1);
  });
});
