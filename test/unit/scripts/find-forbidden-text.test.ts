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
    ['createServer({ requestCert: true, rejectUnauthorized: true })'],
    ['the home/work balance'],
    ['https://example.com/home/x'],
    ['secure: true'],
  ])('lets pass: %s', (line) => {
    expect(findForbiddenText('a.ts', line)).toEqual([]);
  });

  test.each([
    ['tls-system-roots', "const off = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };"],
    ['tls-material', 'createServer({ requestCert: true, rejectUnauthorized: false })'],
  ])('lets test/feature/%s hold what it is about, and no other file: %s', (name, line) => {
    expect(findForbiddenText(`test/feature/${name}.test.ts`, line)).toEqual([]);
    expect(findForbiddenText('test/feature/tls-names.test.ts', line)).toHaveLength(1);
    expect(findForbiddenText('proxy/upstream/connector.ts', line)).toHaveLength(1);
  });
});
