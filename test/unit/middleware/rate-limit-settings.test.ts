import { describe, expect, test } from 'vitest';
import { parseRateLimitSettings } from '#shared/middleware/rate-limit-settings.ts';
import { settingsOf } from '../../support/settings-of.ts';

describe('settings of middleware.http.ratelimit', () => {
  test('has a default for everything', () => {
    expect(parseRateLimitSettings([])).toEqual({
      settings: { maxRequestsPerSecond: 100, burst: 100, key: [{ kind: 'remoteAddress' }], maxKeys: 10_000 },
      mistakes: [],
      warnings: [],
    });
  });

  test('a burst is a second of requests, and one at least', () => {
    const burstOf = (maxRequestsPerSecond: string): number | undefined =>
      parseRateLimitSettings(settingsOf({ maxRequestsPerSecond })).settings?.burst;
    expect([burstOf('0.2'), burstOf('7.9'), burstOf('20')]).toEqual([1, 7, 20]);
  });

  test('the key is a template', () => {
    const keyOf = (key: string): unknown => parseRateLimitSettings(settingsOf({ key })).settings?.key;
    expect(keyOf('')).toEqual([]);
    expect(keyOf('{appid} -> {endpoint}: {METHOD} {path} {header:X-Tenant}')).toEqual([
      { kind: 'appId' },
      { kind: 'text', text: ' -> ' },
      { kind: 'endpoint' },
      { kind: 'text', text: ': ' },
      { kind: 'method' },
      { kind: 'text', text: ' ' },
      { kind: 'path' },
      { kind: 'text', text: ' ' },
      { kind: 'header', name: 'x-tenant' },
    ]);
  });

  test.each(['{user}', '{', '}', '{}', '{header:}', '{header:a b}', '{{path}}'])('refuses the key %s', (key) => {
    expect(parseRateLimitSettings(settingsOf({ key })).mistakes).toHaveLength(1);
  });

  test.each([{ maxRequestsPerSecond: '0' }, { burst: '0' }, { maxKeys: '0' }, { maxKeys: '10000000' }])(
    'refuses %o',
    (settings) => {
      expect(parseRateLimitSettings(settingsOf(settings)).mistakes).toHaveLength(1);
    },
  );
});
