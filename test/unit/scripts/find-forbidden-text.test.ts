import { describe, expect, test } from 'vitest';
import { findForbiddenText } from '../../../scripts/find-forbidden-text.ts';

describe('findForbiddenText', () => {
  test.each([
    ['connect({ rejectUnauthorized: false })'],
    ['const options = { "rejectUnauthorized":false };'],
    ['options.rejectUnauthorized = isStrict;'],
    ['connect({ rejectUnauthorized })'],
    ['NODE_TLS_REJECT_UNAUTHORIZED=0 node main.js'],
    ['checkServerIdentity: () => undefined,'],
    ['createProxyServer({ secure: false })'],
    ['curl -sk https://localhost'.replace('-sk', '-s -k')],
    ['curl --insecure https://localhost'],
  ])('finds verification turned off: %s', (line) => {
    expect(findForbiddenText('some/file.ts', `first\n${line}\n`)).toEqual([
      `some/file.ts:2: ${line}: certificates are always verified; make a throw-away CA (examples/certificates) instead`,
    ]);
  });

  test.each([['import "/home/someone/x.ts";'], ['cd /root/project'], ['path: /Users/someone']])(
    'finds the path of one machine: %s',
    (line) => {
      expect(findForbiddenText('a.md', line)).toHaveLength(1);
    },
  );

  test.each([
    ['rejectUnauthorized: true,'],
    ['createServer({ requestCert: true, rejectUnauthorized: false })'],
    ['the home/work balance'],
    ['https://example.com/home/x'],
    ['secure: true'],
  ])('lets pass: %s', (line) => {
    expect(findForbiddenText('a.ts', line)).toEqual([]);
  });

  test('lets the test of a variable name it, and no other file', () => {
    const line = "const off = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };";
    expect(findForbiddenText('test/feature/tls-system-roots.test.ts', line)).toEqual([]);
    expect(findForbiddenText('test/feature/tls-names.test.ts', line)).toHaveLength(1);
  });
});
