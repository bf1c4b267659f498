import { describe, expect, test } from 'vitest';
import { responseHeaders, responseTrailers } from '../../../proxy/upstream/response-headers.ts';

function bytes(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'latin1'));
}

describe('the fields of an answer', () => {
  test('keep case, order, duplicates and bytes beyond ASCII', () => {
    const received = bytes(
      'Set-Cookie',
      'a=1',
      'X-b',
      'caf\u00e9',
      'set-cookie',
      'b=2',
      'Content-Length',
      '3',
      'x-bin',
      'AA==',
      'X-B',
      '',
    );
    expect(responseHeaders(received)).toEqual([
      'Set-Cookie',
      'a=1',
      'X-b',
      'caf\u00e9',
      'set-cookie',
      'b=2',
      'Content-Length',
      '3',
      'x-bin',
      'AA==',
      'X-B',
      '',
    ]);
  });

  test('lose what belongs to the connection, and what Connection names', () => {
    const received = bytes(
      'Connection',
      'X-Gone',
      'Keep-Alive',
      'timeout=5',
      'Transfer-Encoding',
      'chunked',
      'x-gone',
      '1',
      'Upgrade',
      'h2c',
      'Proxy-Authenticate',
      'Basic',
      'TE',
      'trailers',
      'X-Kept',
      '1',
      'Connection',
      'also-gone',
      'Also-Gone',
      '2',
    );
    expect(responseHeaders(received)).toEqual(['X-Kept', '1']);
  });

  test('come from HTTP/2 without pseudo-headers, lists as separate fields', () => {
    const received = { ':status': '200', 'set-cookie': ['a=1', 'b=2'], 'x-one': '1', missing: undefined };
    expect(responseHeaders(received)).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-one', '1']);
  });

  test('leave out what the proxy says itself', () => {
    const received = bytes('Access-Control-Allow-Origin', '*', 'A', 'b');
    expect(responseHeaders(received, new Set(['access-control-allow-origin']))).toEqual(['A', 'b']);
  });
});

test('trailers lose the fields that frame, route or authenticate a message', () => {
  const received = [
    'Grpc-Status',
    '0',
    'Content-Length',
    '9',
    'Set-Cookie',
    'a=1',
    'Transfer-Encoding',
    'chunked',
    'x-sum',
    'abc',
  ];
  expect(responseTrailers(received)).toEqual(['Grpc-Status', '0', 'x-sum', 'abc']);
});
