/** The failure of one middleware on a request, by its name: whoever reads the answer must know where to look. */
import { ProxyError, type ProxyErrorOptions } from '#shared/errors/proxy-error.ts';
import type { ReadyMiddleware } from '#shared/table/middleware.ts';

/** `reason` is shown to callers: it holds no secret and nothing that a server said. */
export type MiddlewareFailure = (reason: string, options?: ProxyErrorOptions) => ProxyError;

/** Makes the failures of one. */
export function failuresOf({ name, type }: Pick<ReadyMiddleware, 'name' | 'type'>): MiddlewareFailure {
  return (reason, options) => new ProxyError('middleware-failed', `middleware "${name}" (${type}): ${reason}`, options);
}
