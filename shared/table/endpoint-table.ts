/**
 * What is true: the compiled, immutable form of everything a user wrote. No field is optional, and nothing here knows
 * Kubernetes, YAML or a live object.
 */
import type { Pipelines } from './middleware.ts';
import type { Resilience } from './resilience.ts';
import type { Sensitive } from './sensitive.ts';

/** One header that the proxy sets on each call, with set semantics (spec/httpendpoint.md §2). */
export interface HeaderField {
  readonly name: string;
  readonly value: Sensitive;
}

/** A header whose value the compiler did not know: the environment of the proxy has it. */
export interface EnvironmentHeader {
  readonly name: string;
  readonly variable: string;
}

/** Client TLS material. `null` means: not given. Certificate and key come together or not at all. */
export interface ClientTls {
  /** PEM bundle that replaces the system roots. */
  readonly rootCa: Sensitive | null;
  readonly identity: { readonly certificateChain: Sensitive; readonly privateKey: Sensitive } | null;
}

/** The parts of a base URL, as sent on the wire. */
export interface BaseUrl {
  /** `https://host:8443`, lower case, default ports left out. */
  readonly origin: string;
  /** The raw path, `''` when the URL has none. */
  readonly path: string;
  /** The raw query without `?`, `''` when the URL has none. */
  readonly query: string;
  /** `Basic …` from the user information in the URL; sent when the request has no Authorization of its own. */
  readonly authorization: Sensitive | null;
}

/** An endpoint that can be called. */
export interface ReadyEndpoint {
  readonly state: 'ready';
  readonly name: string;
  readonly revision: string;
  readonly baseUrl: BaseUrl;
  readonly headers: readonly HeaderField[];
  /** Headers that a proxy fills in from its own environment before it uses the endpoint; then there are none left here. */
  readonly environmentHeaders: readonly EnvironmentHeader[];
  readonly tls: ClientTls | null;
}

/** An endpoint that exists by name and must not be called: it answers 503 with the reason. */
export interface RefusedEndpoint {
  readonly state: 'refused';
  readonly name: string;
  readonly revision: string;
  /** CamelCase, as in a condition. */
  readonly reason: string;
  readonly message: string;
}

export type Endpoint = ReadyEndpoint | RefusedEndpoint;

/** One rule of `spec.api` (spec/policy.md §3). */
export interface ApiAccessRule {
  readonly name: string;
  readonly version: string;
}

/** Which parts of the HTTP API are served. An empty `allowed` allows everything that is not denied. */
export interface ApiAccess {
  readonly allowed: readonly ApiAccessRule[];
  readonly denied: readonly ApiAccessRule[];
}

/** `spec.logging.apiLogging` of the Configuration. */
export interface ApiLogging {
  readonly enabled: boolean;
  readonly obfuscateUrls: boolean;
  readonly omitHealthChecks: boolean;
}

/** `spec.metrics` of the Configuration (spec/observability.md §3). */
export interface MetricsOptions {
  readonly enabled: boolean;
  readonly increasedCardinality: boolean;
  readonly pathMatching: readonly string[];
  readonly excludeVerbs: boolean;
  readonly recordErrorCodes: boolean;
  /** Milliseconds; empty means the default buckets. */
  readonly latencyBucketsMs: readonly number[];
  readonly rules: readonly MetricRule[];
}

/** Rewrites label values of one metric: the first pattern that matches replaces the value. */
export interface MetricRule {
  readonly metric: string;
  readonly label: string;
  readonly patterns: readonly { readonly pattern: string; readonly replacement: string }[];
}

/** What holds for the whole proxy: its Configuration, the Components that this names, and Resiliency. */
export interface TableOptions {
  readonly apiAccess: ApiAccess;
  readonly apiLogging: ApiLogging;
  readonly metrics: MetricsOptions;
  readonly resilience: Resilience;
  readonly pipelines: Pipelines;
}

/** Everything a proxy needs to serve, at one moment. */
export interface EndpointTable extends TableOptions {
  /** A digest of the canonical form, secrets by reference and version: equal for equal content, safe to log. */
  readonly revision: string;
  readonly endpointsByName: ReadonlyMap<string, Endpoint>;
}
