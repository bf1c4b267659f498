/** API logging: which requests have a line, with which fields, and what never appears in one. */
import { describe, expect, test } from 'vitest';
import { accessLog, accessLogFields } from '../../../proxy/telemetry/access-log.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { servedRequest } from '../../support/telemetry-records.ts';

const on = { enabled: true, obfuscateUrls: false, omitHealthChecks: false };
const off = { ...on, enabled: false };

function linesOf(enableApiLogging: boolean | null, apiLogging: typeof on): LogLine[] {
  const lines: LogLine[] = [];
  accessLog({ logger: memoryLogger(lines), enableApiLogging })(servedRequest({ userAgent: 'curl/8' }), apiLogging);
  return lines;
}

describe('the line', () => {
  test("has Dapr's message, scope and fields, and the sizes of both bodies", () => {
    expect(linesOf(null, on)).toEqual([
      {
        level: 'info',
        message: 'HTTP API Called',
        fields: {
          scope: 'dapr.runtime.http-info',
          method: 'GET /v1.0/invoke/github/method/orders/7',
          duration: 13,
          code: 200,
          size: 2_000,
          useragent: 'curl/8',
          requestSize: 10,
          target: 'endpoint',
        },
      },
    ]);
  });

  test.each([
    [null, on, 1],
    [null, off, 0],
    [true, off, 1],
    [false, on, 0],
  ] as const)('with the flag %s and the configuration %o there are %i', (flag, apiLogging, count) => {
    expect(linesOf(flag, apiLogging)).toHaveLength(count);
  });

  test('a refused request has one too, with the error', () => {
    const refused = servedRequest({ status: 401, target: null, errorCode: 'token-invalid' });
    expect(accessLogFields(refused, on)).toMatchObject({ code: 401, error: 'token-invalid' });
    expect(accessLogFields(refused, on)).not.toHaveProperty('target');
    expect(accessLogFields(refused, on)).not.toHaveProperty('useragent');
  });

  test('an answer that was cut off says so', () => {
    expect(accessLogFields(servedRequest({ isAborted: true }), on)).toMatchObject({ aborted: true });
  });

  test.each(['/v1.0/healthz', '//v1.0/healthz/', '/v1.0/healthz/outbound'])('%s is left out on request', (path) => {
    const probe = servedRequest({ path, status: 204, target: null });
    expect(accessLogFields(probe, { ...on, omitHealthChecks: true })).toBeNull();
    expect(accessLogFields(probe, on)).not.toBeNull();
  });

  test("an application's own /healthz is no health check of ours", () => {
    const call = servedRequest({ path: '/v1.0/healthz' });
    expect(accessLogFields(call, { ...on, omitHealthChecks: true })).not.toBeNull();
  });
});

describe('what never appears', () => {
  const path = '/v1.0/invoke/http://ann:s3cret@api.example.com/method/x';
  const target = { kind: 'url', label: 'http://ann:s3cret@api.example.com' } as const;

  test('user names and passwords of a URL target, obfuscated or not', () => {
    const request = servedRequest({ path, target });
    expect(accessLogFields(request, on)?.method).toBe('GET /v1.0/invoke/http://[redacted]@api.example.com/method/x');
    expect(accessLogFields(request, { ...on, obfuscateUrls: true })?.method).toBe(
      'InvokeService/http://[redacted]@api.example.com',
    );
  });

  test('the path, when URLs are obfuscated', () => {
    const obfuscate = { ...on, obfuscateUrls: true };
    const method = (changes: Parameters<typeof servedRequest>[0]): string | undefined =>
      accessLogFields(servedRequest(changes), obfuscate)?.method;
    expect(method({})).toBe('InvokeService/github');
    expect(method({ target: null, errorCode: 'token-invalid', status: 401 })).toBe('InvokeService');
    expect(method({ target: null, path: '/v1.0/healthz' })).toBe('Healthz');
    expect(method({ target: null, path: '/v1.0/metadata/key' })).toBe('Metadata');
    expect(method({ target: null, path: '/v1.0/shutdown' })).toBe('Shutdown');
  });

  test('control characters, which could end the line or colour a terminal', () => {
    const request = servedRequest({ path: '/a\r\nlevel=error\u2028\u001b[31m', userAgent: 'x\u0000\u009by' });
    expect(accessLogFields(request, on)).toMatchObject({
      method: 'GET /a\\x0d\\x0alevel=error\\x2028\\x1b[31m',
      useragent: 'x\\x00\\x9by',
    });
  });

  test('paths and agents without end', () => {
    const fields = accessLogFields(
      servedRequest({ path: `/${'x'.repeat(100_000)}`, userAgent: 'y'.repeat(100_000) }),
      on,
    );
    expect(JSON.stringify(fields).length).toBeLessThan(3_000);
  });
});
