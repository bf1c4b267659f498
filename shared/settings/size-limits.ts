/** How much of a request is taken: each flag beats its deprecated form, and -1 means the default. Pure. */
import type { ProxyFlagValues } from './proxy-flag-rules.ts';

const defaultBodyBytes = 4 * 2 ** 20;
const defaultHeaderBytes = 4 * 2 ** 10;
/** What Go's server, and so daprd, makes of a read buffer of 0. */
const headerBytesOfZero = 2 ** 20;
/** Go's server lets requests exceed the read buffer by this much (spec/invocation.md §2). */
const headerSlackBytes = 4096;

/** The largest request body; 0: no limit. */
export function maxBodyBytesFrom(values: ProxyFlagValues): number {
  const bytes = values['max-body-size'] ?? scaled(values['dapr-http-max-request-size'], 2 ** 20);
  return bytes < 0 ? defaultBodyBytes : bytes;
}

/** The room for request line and headers, slack included. */
export function maxHeaderBytesFrom(values: ProxyFlagValues): number {
  const bytes = values['read-buffer-size'] ?? scaled(values['dapr-http-read-buffer-size'], 2 ** 10);
  if (bytes < 0) return defaultHeaderBytes + headerSlackBytes;
  return (bytes === 0 ? headerBytesOfZero : bytes) + headerSlackBytes;
}

function scaled(count: number, factor: number): number {
  return count < 0 ? -1 : count * factor;
}
