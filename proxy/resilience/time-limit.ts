/** The timeout policy as the limit of one try: until the head of an answer, not until its end. */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { TimeoutPolicy } from '#shared/table/resilience.ts';

/** The upstream has not answered in time. */
export function slowAnswer({ name, timeoutMs }: TimeoutPolicy): ProxyError {
  return new ProxyError('upstream-timeout', `no response headers within ${timeoutMs} ms (timeout policy "${name}")`);
}

/** `--app-max-concurrency` calls have been running all the time. */
export function slowSlot({ name, timeoutMs }: TimeoutPolicy): ProxyError {
  return new ProxyError(
    'upstream-timeout',
    `no other call to the target ended within ${timeoutMs} ms, and no more may run at once (timeout policy "${name}")`,
  );
}

/** It is not the upstream that is slow: its breaker hears nothing of it, and another try would be no better. */
export function slowCaller({ name, timeoutMs }: TimeoutPolicy): ProxyError {
  return new ProxyError(
    'body-timeout',
    `the request body did not arrive within ${timeoutMs} ms (timeout policy "${name}")`,
  );
}
