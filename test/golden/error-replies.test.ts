/** Every error code, with and without `--dapr-error-statuses`: status, headers and body as a caller gets them. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import * as z from 'zod/mini';
import { ProxyError, type ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import { errorReply, type ErrorReplyOptions } from '../../proxy/reply/error-reply.ts';
import { replyHeaders } from '../../proxy/reply/reply.ts';
import { goldenCases, strayFiles } from './golden-files.ts';

const folder = path.join(import.meta.dirname, 'error-replies');

/** A code that is forgotten here is a compile error, and one without a pair a failure below. */
const codes = Object.keys({
  'bad-request': true,
  'target-missing': true,
  'target-invalid': true,
  'target-unknown': true,
  'api-not-allowed': true,
  'token-invalid': true,
  'url-denied': true,
  'body-too-large': true,
  'body-timeout': true,
  'caller-left': true,
  'method-not-implemented': true,
  'loop-detected': true,
  'not-ready': true,
  overloaded: true,
  'endpoint-refused': true,
  'app-not-configured': true,
  'app-unhealthy': true,
  'app-protocol-unsupported': true,
  'breaker-open': true,
  'middleware-unavailable': true,
  'middleware-failed': true,
  'upstream-connect': true,
  'upstream-tls': true,
  'upstream-protocol': true,
  'upstream-headers-too-large': true,
  'upstream-reset': true,
  'upstream-timeout': true,
  internal: true,
} satisfies Record<ProxyErrorCode, true>) as ProxyErrorCode[];

const schema = z.strictObject({
  code: z.enum(codes),
  message: z.string(),
  /** As the caller named it; empty where none was found. */
  target: z.string(),
  /** Where the error itself knows it. */
  retryAfterSeconds: z.optional(z.number()),
});

describe('error replies', () => {
  test.each(goldenCases(folder))('$name', async ({ input, outputFile }) => {
    const { code, message, target, retryAfterSeconds } = z.parse(schema, parse(input));
    const error = new ProxyError(code, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    const replies = {
      precise: replyOf(error, { target, daprErrorStatuses: false }),
      'dapr-error-statuses': replyOf(error, { target, daprErrorStatuses: true }),
    };
    await expect(stringify(replies, { lineWidth: 0 })).toMatchFileSnapshot(outputFile);
  });

  test('every golden file has its partner', () => {
    expect(strayFiles(folder)).toEqual([]);
  });

  test('every code has a pair', () => {
    const shown = goldenCases(folder).map(({ input }) => z.parse(schema, parse(input)).code);
    expect(codes.filter((code) => !shown.includes(code))).toEqual([]);
  });
});

function replyOf(error: ProxyError, options: ErrorReplyOptions): object {
  const reply = errorReply(error, options);
  const flat = replyHeaders(reply);
  const headers = flat.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${flat[index + 1] ?? ''}`] : []));
  return { status: reply.status, headers, body: reply.body };
}
