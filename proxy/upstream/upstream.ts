/** One place to call: its connections, its header rules and its count of calls. Closed when nobody uses it any more. */
import type { ConcurrencyLimiter } from '../policy/concurrency-limiter.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { RequestHeaderRules } from './request-headers.ts';

/** What kind of target an upstream serves; a bounded word for metrics and logs. */
export type UpstreamKind = 'endpoint' | 'url' | 'app';

/** Everything a call needs to know of where it goes. */
export interface Upstream {
  /** As records name it. */
  readonly target: CallTarget;
  readonly base: { readonly path: string; readonly query: string };
  readonly pool: ConnectionPool;
  readonly headerRules: RequestHeaderRules;
  readonly limiter: ConcurrencyLimiter;
}
