/** `middleware.http.ratelimit`: so many requests a second for each key, then 429 (spec/policy.md §4). */
import { parseRateLimitSettings } from '#shared/middleware/rate-limit-settings.ts';
import type { ReadyMiddleware } from '#shared/table/middleware.ts';
import type { Reply } from '../../reply/reply.ts';
import type { Middleware, MiddlewareContext, MiddlewareRequest } from '../middleware.ts';
import { textReply } from '../text-reply.ts';
import { usableSettings } from '../usable-settings.ts';
import { requestKey } from './request-key.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Both pipelines share its buckets where both name it. */
export async function createRatelimit(
  entry: ReadyMiddleware,
  { appId, namespace, clock }: MiddlewareContext,
): Promise<Middleware> {
  const { key, maxRequestsPerSecond, burst, maxKeys } = usableSettings(parseRateLimitSettings(entry.settings));
  const buckets = new TokenBuckets({ tokensPerSecond: maxRequestsPerSecond, burst, maxKeys });
  const self = { appId, namespace };
  const limit = maxRequestsPerSecond.toFixed(2);
  return {
    handle: (request) => {
      const waitMs = buckets.take(requestKey(key, request, self), clock.monotonicMs());
      return waitMs === 0 ? null : tooMany(request, { limit, waitMs });
    },
    close: () => undefined,
  };
}

/** With the headers that Dapr's limiter sends. */
function tooMany(request: MiddlewareRequest, refusal: { readonly limit: string; readonly waitMs: number }): Reply {
  return textReply(429, 'You have reached maximum request limit.', [
    'X-Rate-Limit-Limit',
    refusal.limit,
    'X-Rate-Limit-Duration',
    '1',
    'X-Rate-Limit-Request-Forwarded-For',
    request.headerValues('x-forwarded-for')[0] ?? '',
    'X-Rate-Limit-Request-Remote-Addr',
    request.remoteAddress,
    'Retry-After',
    String(Math.ceil(refusal.waitMs / 1000)),
  ]);
}
