/** Fields of one connection go no further than that connection, in either direction (RFC 9110 §7.6.1). */
import { describe, expect, test } from 'vitest';
import { headerLinesOf, startByteUpstream } from '../support/byte-upstream.ts';
import { askH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';

const requestLine = 'GET /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n';

describe('a request', () => {
  test('loses its hop-by-hop fields and every field that Connection names', async () => {
    const upstream = await startByteUpstream();
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const fields = [
      'Connection: keep-alive, X-Mine',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic secret',
      'TE: trailers',
      'X-Mine: 1',
      'x-also-mine: 2',
      'Connection: X-Also-Mine',
      'X-Kept: 3',
    ];
    await rawExchange(proxy.port, `${requestLine}${fields.join('\r\n')}\r\n\r\n`, isWholeResponse);
    const rest = headerLinesOf(upstream.requests[0]).filter((line) => !/^(host|connection): /i.test(line));
    expect(rest).toEqual(['X-Kept: 3']);
    expect(upstream.requests[0]).not.toMatch(/x-mine|secret/i);
  });

  test('cannot make the proxy drop what the owner of the endpoint set', async () => {
    const upstream = await startByteUpstream();
    const spec = `spec: { baseUrl: "${upstream.origin}", headers: [{ name: X-Key, value: owner }] }`;
    const resources = { 'up.yaml': httpEndpoint('up', upstream.origin).replace(/spec: .*/, spec) };
    const proxy = await startTestProxy({ resources });
    await rawExchange(proxy.port, `${requestLine}Connection: x-key\r\nX-Key: mine\r\n\r\n`, isWholeResponse);
    expect(headerLinesOf(upstream.requests[0]).filter((line) => /^x-key/i.test(line))).toEqual(['X-Key: owner']);
  });

  test('that offers h2c with a body stays on HTTP/1.1 and does not offer it to the upstream', async () => {
    const upstream = await startByteUpstream();
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const request = [
      'POST /v1.0/invoke/up/method/x HTTP/1.1',
      'Host: x',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Content-Length: 3',
      '',
      'abc',
    ];
    const answer = await rawExchange(proxy.port, request.join('\r\n'), isWholeResponse);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(upstream.requests[0]).not.toMatch(/upgrade|http2-settings/i);
  });

  test('that offers to upgrade to something unknown is served without', async () => {
    const upstream = await startByteUpstream();
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const request = `${requestLine}Connection: Upgrade\r\nUpgrade: irc/1.0\r\n\r\n`;
    expect(await rawExchange(proxy.port, request, isWholeResponse)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(upstream.requests[0]).not.toMatch(/upgrade|irc/i);
  });
});

describe('an answer', () => {
  const answer = [
    'HTTP/1.1 200 OK',
    'Connection: keep-alive, X-Theirs',
    'Keep-Alive: timeout=1, max=7',
    'Proxy-Authenticate: Basic',
    'Upgrade: h2c',
    'TE: x',
    'X-Theirs: 1',
    'X-Kept: 2',
    'Content-Length: 2',
    '',
    'ok',
  ].join('\r\n');

  test('loses its hop-by-hop fields and every field that Connection names', async () => {
    const upstream = await startByteUpstream(answer);
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const received = await rawExchange(proxy.port, `${requestLine}\r\n`, isWholeResponse);
    const rest = headerLinesOf(received).filter((line) => !/^(connection|keep-alive|date): /i.test(line));
    expect(rest).toEqual(['X-Kept: 2', 'Content-Length: 2']);
    expect(received).not.toMatch(/max=7|x-theirs/i);
  });

  test('is valid for an HTTP/2 caller, who may see none of them', async () => {
    const upstream = await startByteUpstream(answer);
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const received = await askH2c(openH2c(proxy.port), { ':path': '/v1.0/invoke/up/method/x' });
    expect(received).toMatchObject({ status: 200, body: 'ok', headers: { 'x-kept': '2', 'content-length': '2' } });
    expect(Object.keys(received.headers)).not.toContain('x-theirs');
    expect(Object.keys(received.headers)).not.toContain('connection');
  });

  test('with both Content-Length and Transfer-Encoding is not passed on', async () => {
    const both = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
    const upstream = await startByteUpstream(both);
    const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
    const received = await rawExchange(proxy.port, `${requestLine}\r\n`, isWholeResponse);
    expect(received).toMatch(/^HTTP\/1\.1 502 /);
    expect(received).toContain('"errorCode":"ERR_DIRECT_INVOKE"');
  });
});

test('a request with both Content-Length and Transfer-Encoding is refused and reaches nobody', async () => {
  const upstream = await startByteUpstream();
  const proxy = await startTestProxy({ resources: { 'up.yaml': httpEndpoint('up', upstream.origin) } });
  const post = 'POST /v1.0/invoke/up/method/x HTTP/1.1\r\nHost: x\r\n';
  for (const fields of [
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 3',
  ]) {
    const received = await rawExchange(proxy.port, `${post}${fields}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(received).toMatch(/\r\nConnection: close\r\n/i);
  }
  expect(upstream.requests).toEqual([]);
});
