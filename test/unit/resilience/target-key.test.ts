import { describe, expect, test } from 'vitest';
import { parseTargetKey } from '#shared/resilience/target-key.ts';

describe('a key of targets.apps', () => {
  test.each(['orders', 'orders.shop', 'a.b.c', 'https://api.example.com/v2', 'https://api.example.com?a=1'])(
    '%s stands for itself alone',
    (key) => {
      expect(parseTargetKey(key)).toEqual({ kind: 'exact' });
    },
  );

  test.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['HTTPS://API.Example.com:443/', 'https://api.example.com'],
    ['http://api.example.com:8080', 'http://api.example.com:8080'],
    ['https://[2001:DB8::1]:8443', 'https://[2001:db8::1]:8443'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('%s stands for an origin', (key, origin) => {
    expect(parseTargetKey(key)).toEqual({ kind: 'origin', origin });
  });

  test.each([
    ['*.example.com', { suffix: 'example.com', scheme: '', port: '' }],
    ['*.Example.COM:8443', { suffix: 'example.com', scheme: '', port: '8443' }],
    ['*.example.com:443', { suffix: 'example.com', scheme: '', port: '443' }],
    ['https://*.example.com', { suffix: 'example.com', scheme: 'https', port: '' }],
    ['HTTPS://*.example.com:443/', { suffix: 'example.com', scheme: 'https', port: '' }],
    ['http://*.example.com:08443', { suffix: 'example.com', scheme: 'http', port: '8443' }],
    ['*.com', { suffix: 'com', scheme: '', port: '' }],
    ['*.bücher.example', { suffix: 'xn--bcher-kva.example', scheme: '', port: '' }],
  ])('%s is a pattern', (key, pattern) => {
    expect(parseTargetKey(key)).toEqual({ kind: 'pattern', ...pattern });
  });

  test.each([
    '',
    '*',
    '*.',
    '*.*.com',
    'a.*',
    'https://*',
    '*.0.0.1',
    '*.a.com/x',
    '*.a.com?x',
    '*.a.com:70000',
    'a b',
  ])('%j is none', (key) => {
    expect(parseTargetKey(key)).toMatchObject({ kind: 'invalid' });
  });
});
