import { describe, expect, test } from 'vitest';
import { requestHeaders, type RequestHeaderRules } from '../../../proxy/upstream/request-headers.ts';

const noRules: RequestHeaderRules = { set: [], authorization: null };

function filtered(
  rawHeaders: readonly string[],
  rules: RequestHeaderRules = noRules,
  fromAuthorization = false,
): string[] {
  let connection: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== 'connection') continue;
    connection = connection === undefined ? rawHeaders[index + 1] : `${connection}, ${rawHeaders[index + 1] ?? ''}`;
  }
  return requestHeaders({ rawHeaders, connection, fromAuthorization }, rules);
}

function setHeader(name: string, value: string): RequestHeaderRules['set'][number] {
  return { name, lowerName: name.toLowerCase(), value };
}

describe('what the caller sent', () => {
  test('keeps case, order, duplicates and values', () => {
    const sent = [
      'X-b',
      '1',
      'x-A',
      ' two',
      'X-B',
      '',
      'Accept',
      'text/html, */*',
      'x-bin',
      'AAE=',
      'baggage',
      'a=1',
      'baggage',
      'b=2',
    ];
    expect(filtered(sent)).toEqual(sent);
  });

  test('adds nothing: no User-Agent, no Accept-Encoding, no X-Forwarded-For, no Via', () => {
    expect(filtered([])).toEqual([]);
  });

  test('passes forwarding and trace headers through as they are', () => {
    const sent = [
      'X-Forwarded-For',
      '1.2.3.4',
      'Forwarded',
      'for=1.2.3.4',
      'Via',
      '1.1 x',
      'traceparent',
      '00-a-b-01',
      'tracestate',
      'x=y',
    ];
    expect(filtered(sent)).toEqual(sent);
  });

  test('keeps two Cookie lines of HTTP/1.1 as two, and joins the crumbs of HTTP/2', () => {
    expect(filtered(['Cookie', 'a=1', 'X', 'y', 'Cookie', 'b=2'])).toEqual([
      'Cookie',
      'a=1',
      'X',
      'y',
      'Cookie',
      'b=2',
    ]);
    expect(filtered([':method', 'GET', 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2'])).toEqual([
      'cookie',
      'a=1; b=2',
      'x',
      'y',
    ]);
  });
});

describe('what is not for the upstream', () => {
  test.for([
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'Proxy-Authenticate',
    'TE',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Host',
    'Expect',
    'dapr-api-token',
    'Dapr-App-Id',
    'destination-app-id',
    ':path',
  ])('%s stays here, in any case', (name) => {
    for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(filtered([written, 'x', 'Accept', '*/*'])).toEqual(['Accept', '*/*']);
    }
  });

  test('goes away when any Connection line names it', () => {
    const sent = ['Connection', 'close, X-One', 'X-One', '1', 'x-two', '2', 'X-Three', '3', 'Connection', ' X-TWO ,,'];
    expect(filtered(sent)).toEqual(['X-Three', '3']);
  });

  test('includes an Authorization that named the target, and no other', () => {
    const sent = ['Authorization', 'Basic xyz', 'A', 'b'];
    expect(filtered(sent, noRules, true)).toEqual(['A', 'b']);
    expect(filtered(sent)).toEqual(sent);
  });
});

describe('what the owner of the target set', () => {
  const rules: RequestHeaderRules = {
    set: [setHeader('X-Key', 'secret'), setHeader('Accept', 'application/json')],
    authorization: null,
  };

  test('replaces every line of the caller with that name, in any case', () => {
    expect(filtered(['x-key', '1', 'ACCEPT', '*/*', 'X-KEY', '2', 'A', 'b'], rules)).toEqual([
      'A',
      'b',
      'X-Key',
      'secret',
      'Accept',
      'application/json',
    ]);
  });

  test('cannot be stripped by a caller that names it in Connection', () => {
    expect(filtered(['Connection', 'x-key, accept'], rules)).toEqual(['X-Key', 'secret', 'Accept', 'application/json']);
  });

  test('may replace Content-Type', () => {
    const set = { set: [setHeader('content-type', 'text/csv')], authorization: null };
    expect(filtered(['Content-Type', 'text/plain'], set)).toEqual(['content-type', 'text/csv']);
  });
});

describe('credentials in the URL of the target', () => {
  const rules: RequestHeaderRules = { set: [], authorization: 'Basic dTpw' };

  test('are sent when the call has no Authorization', () => {
    expect(filtered(['A', 'b'], rules)).toEqual(['A', 'b', 'Authorization', 'Basic dTpw']);
    expect(filtered(['Authorization', 'Basic pseudo'], rules, true)).toEqual(['Authorization', 'Basic dTpw']);
    expect(filtered(['Connection', 'authorization', 'Authorization', 'x'], rules)).toEqual([
      'Authorization',
      'Basic dTpw',
    ]);
  });

  test('give way to the caller, and to spec.headers', () => {
    expect(filtered(['authorization', 'Bearer x'], rules)).toEqual(['authorization', 'Bearer x']);
    const both = { ...rules, set: [setHeader('authorization', 'Bearer owner')] };
    expect(filtered(['Authorization', 'Bearer x'], both)).toEqual(['authorization', 'Bearer owner']);
  });
});
