import { describe, expect, test } from 'vitest';
import { ProxyError, type ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import { isRetriedFailure, isRetriedStatus } from '../../../proxy/resilience/retry-rules.ts';
import { retryPolicy } from '../../support/retry-policy.ts';

const get = { method: 'GET', isIdempotent: true };
const post = { method: 'POST', isIdempotent: false };
const keyed = { method: 'POST', isIdempotent: true };
const statuses = Array.from({ length: 500 }, (_, index) => index + 100);

describe('a status', () => {
  test('is retried when it is 408, 425, 429 or 5xx', () => {
    expect(statuses.filter((status) => isRetriedStatus(retryPolicy(), get, status))).toEqual([
      408,
      425,
      429,
      ...statuses.filter((status) => status >= 500),
    ]);
  });

  test('of a POST is retried only when it says that the request was not served', () => {
    expect(statuses.filter((status) => isRetriedStatus(retryPolicy(), post, status))).toEqual([425, 429]);
    expect(isRetriedStatus(retryPolicy(), keyed, 503)).toBe(true);
  });

  test('of a POST is retried like any other when the policy names the method', () => {
    expect(isRetriedStatus(retryPolicy({ methods: ['PATCH', 'POST'] }), post, 503)).toBe(true);
    expect(isRetriedStatus(retryPolicy({ methods: ['PATCH'] }), post, 503)).toBe(false);
    expect(isRetriedStatus(retryPolicy({ methods: ['*'] }), post, 503)).toBe(true);
    expect(isRetriedStatus(retryPolicy({ methods: ['POST'] }), get, 503)).toBe(true);
  });

  test('is one of the list when there is one, for every method', () => {
    const policy = retryPolicy({
      statusRanges: [
        { from: 404, to: 404 },
        { from: 502, to: 504 },
      ],
    });
    for (const request of [get, post]) {
      expect(statuses.filter((status) => isRetriedStatus(policy, request, status))).toEqual([404, 502, 503, 504]);
    }
  });

  test('below 400 is no failure, whatever the list holds', () => {
    const policy = retryPolicy({ statusRanges: [{ from: 100, to: 404 }] });
    expect([200, 204, 301, 399, 400, 404].filter((status) => isRetriedStatus(policy, get, status))).toEqual([400, 404]);
  });
});

describe('a failure', () => {
  const failure = (code: ProxyErrorCode, cause?: unknown): ProxyError => new ProxyError(code, 'x', { cause });

  test.each(['upstream-connect', 'upstream-reset', 'upstream-timeout', 'upstream-protocol'] as const)(
    '%s is retried; a POST only when nothing was sent',
    (code) => {
      const error = failure(code);
      expect(isRetriedFailure(retryPolicy(), get, { error, wasConnected: true })).toBe(true);
      expect(isRetriedFailure(retryPolicy(), post, { error, wasConnected: true })).toBe(false);
      expect(isRetriedFailure(retryPolicy(), post, { error, wasConnected: false })).toBe(true);
      expect(isRetriedFailure(retryPolicy({ methods: ['POST'] }), post, { error, wasConnected: true })).toBe(true);
      expect(isRetriedFailure(retryPolicy(), keyed, { error, wasConnected: true })).toBe(true);
    },
  );

  test.each([
    'bad-request',
    'body-too-large',
    'body-timeout',
    'caller-left',
    'loop-detected',
    'overloaded',
    'breaker-open',
    'upstream-tls',
    'upstream-headers-too-large',
    'internal',
  ] as const)('%s would be the same again', (code) => {
    for (const wasConnected of [true, false]) {
      expect(isRetriedFailure(retryPolicy({ methods: ['*'] }), get, { error: failure(code), wasConnected })).toBe(
        false,
      );
    }
  });

  test('of TLS is retried when the upstream broke off the handshake', () => {
    const error = failure('upstream-tls', Object.assign(new Error('before secure TLS'), { code: 'ECONNRESET' }));
    expect(isRetriedFailure(retryPolicy(), post, { error, wasConnected: false })).toBe(true);
  });
});
