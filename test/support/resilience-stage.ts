/** A book of live resilience with tables, routes and calls made by hand, under Vitest's fake time; the metrics and the log are real. */
import { onTestFinished, vi } from 'vitest';
import { systemClock, type Clock } from '#shared/clock/clock.ts';
import type { ReadyEndpoint } from '#shared/table/endpoint-table.ts';
import {
  noPolicies,
  noResilience,
  type BreakerPolicy,
  type Resilience,
  type RetryPolicy,
  type TargetPolicies,
  type TimeoutPolicy,
} from '#shared/table/resilience.ts';
import type { Admission, CallResilience } from '../../proxy/resilience/call-resilience.ts';
import { ResilienceBook } from '../../proxy/resilience/resilience-book.ts';
import type { Route } from '../../proxy/target/router.ts';
import { Metrics } from '../../proxy/telemetry/metrics.ts';
import type { UpstreamKind } from '../../proxy/upstream/upstream.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';
import { tableWith } from './telemetry-records.ts';

/** Opens at the first failure, for ten seconds. */
export const cb: BreakerPolicy = {
  name: 'cb',
  resource: 'r',
  maxRequests: 1,
  intervalMs: 0,
  timeoutMs: 10_000,
  trip: 'consecutiveFailures >= 1',
};

export const t2: TimeoutPolicy = { name: 't2', resource: 'r', timeoutMs: 2_000 };

export const twice: RetryPolicy = {
  name: 'twice',
  resource: 'r',
  backoff: 'constant',
  initialIntervalMs: 10,
  multiplier: 1,
  maxIntervalMs: 10,
  jitter: 'none',
  maxRetries: 2,
  maxElapsedMs: 0,
  statusRanges: null,
  methods: null,
};

/** Policies by the key of their target; `default`: for what no key matches. */
export type Targets = Readonly<Record<string, Partial<TargetPolicies>>>;

export function resilienceFrom({ default: defaults = {}, ...targets }: Targets): Resilience {
  return {
    ...noResilience,
    resources: [{ name: 'r', namespace: 'prod' }],
    targets: Object.entries(targets).map(([key, policies]) => ({ key, policies: { ...noPolicies, ...policies } })),
    defaults: { ...noPolicies, ...defaults },
  };
}

export interface ResilienceStage {
  readonly book: ResilienceBook;
  readonly metrics: Metrics;
  readonly lines: readonly LogLine[];
  /** Puts a table in force with endpoints at these origins: `github` at `https://api.github.com` when none are given. */
  apply(targets: Targets, originsByName?: Readonly<Record<string, string>>): Promise<void>;
  /** The guards of one call; the same route for the same target until `anew` says otherwise. */
  readonly call: (kind: UpstreamKind, label: string, text?: string) => CallResilience | null;
  /** Routes from here on are other objects, as after a change of an endpoint's headers. */
  renewRoutes(): void;
  /** One try through the breaker of a call. Throws ProxyError `breaker-open`. */
  readonly admit: (kind: UpstreamKind, label: string, text?: string) => Admission;
}

/** opossum runs by the platform's timers, so the clock is the one that they are faked by. */
const clock: Clock = { ...systemClock, monotonicMs: () => Date.now() };

/** Time is Vitest's from here to the end of the test. */
export function setResilienceStage(): ResilienceStage {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: LogLine[] = [];
  const logger = memoryLogger(lines);
  const metrics = new Metrics({ appId: 'shop', namespace: 'prod', logger });
  const book = new ResilienceBook({ namespace: 'prod', clock, logger, telemetry: metrics });
  metrics.showBreakers(() => book.breakers());
  let routes = new Map<string, Route>();
  const call = (kind: UpstreamKind, label: string, text = label): CallResilience | null => {
    const key = `${kind} ${label}`;
    const route = routes.get(key) ?? routeOf(kind, label);
    routes.set(key, route);
    return book.forCall(route, text);
  };
  return {
    book,
    metrics,
    lines,
    apply: async (targets, originsByName = { github: 'https://api.github.com' }) => {
      const endpoints = Object.entries(originsByName).map(
        ([name, origin]) => [name, endpointAt(name, origin)] as const,
      );
      const table = tableWith({ endpointsByName: new Map(endpoints), resilience: resilienceFrom(targets) });
      await book.load(table);
      book.apply(table);
      metrics.tableApplied(table);
    },
    call,
    renewRoutes: () => {
      routes = new Map();
    },
    admit: (kind, label, text) => {
      const breaker = call(kind, label, text)?.breaker ?? null;
      if (breaker === null) throw new Error(`${label} has no breaker`);
      return breaker.admit();
    },
  };
}

/** The book reads nothing else of it. */
function routeOf(kind: UpstreamKind, label: string): Route {
  return { upstream: { target: { kind, label } } } as Route;
}

function endpointAt(name: string, origin: string): ReadyEndpoint {
  const baseUrl = { origin, path: '', query: '', authorization: null };
  return {
    state: 'ready',
    name,
    revision: `${name} ${origin}`,
    baseUrl,
    headers: [],
    environmentHeaders: [],
    tls: null,
  };
}
