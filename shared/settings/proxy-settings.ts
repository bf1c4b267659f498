/** What `farpoint proxy` runs with: every flag and environment variable that concerns it, parsed and checked. */
import type { LogLevel } from '../logger/logger.ts';
import type { Sensitive } from '../table/sensitive.ts';
import type { UrlCalls } from './url-calls.ts';

export type AppProtocol = 'http' | 'https' | 'h2c' | 'grpc' | 'grpcs';

/** The application beside the proxy. */
export interface AppSettings {
  readonly port: number;
  readonly protocol: AppProtocol;
  readonly channelAddress: string;
  /** PEM file with the roots that sign the application's certificate (`https` only); `''`: system roots. */
  readonly caFile: string;
  /** `null`: no probes, the application counts as healthy. */
  readonly healthCheck: {
    readonly path: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly threshold: number;
  } | null;
}

/** Where the operator is, and how the proxy shows who it is. */
export interface ControlPlaneSettings {
  /** Also the name in its certificate; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tokenFile: string;
  /** PEM; no other roots count. */
  readonly caFile: string;
  /** Holds secrets, so its volume is memory; `''`: no cache. */
  readonly tableCacheDir: string;
}

export interface ProxySettings {
  readonly appId: string;
  readonly namespace: string;
  readonly app: AppSettings | null;
  /** Calls at once to each of: the application, every endpoint, all URLs together. 0: no limit. */
  readonly appMaxConcurrency: number;
  /** `APP_API_TOKEN`: sent to the application only. */
  readonly appApiToken: Sensitive | null;
  /** `DAPR_API_TOKEN`: demanded on the API. */
  readonly apiToken: Sensitive | null;
  readonly listen: {
    readonly addresses: readonly string[];
    readonly port: number;
    /** Directory; when set, the API listens on `<dir>/dapr-<app-id>-http.socket` alone. */
    readonly unixDomainSocketDir: string;
    readonly publicPort: number | null;
    readonly publicAddress: string;
    /** False with DAPR_HTTP_DISABLE_H2C. */
    readonly h2c: boolean;
  };
  readonly resourcesPaths: readonly string[];
  readonly configFiles: readonly string[];
  /** The operator, in kubernetes mode: tables come from it, not from folders. `null`: standalone. */
  readonly controlPlane: ControlPlaneSettings | null;
  readonly limits: {
    /** 0: no limit. */
    readonly maxBodyBytes: number;
    /** Request line and headers, the 4 KiB of slack included (spec/invocation.md §2). */
    readonly maxHeaderBytes: number;
    readonly headerTimeoutMs: number;
    /** Keep-alive connections without a request. */
    readonly idleTimeoutMs: number;
    /** Longest pause between two pieces of a request body. */
    readonly bodyIdleTimeoutMs: number;
    readonly maxConnections: number;
    readonly maxRequestsInFlight: number;
    /** Requests that may wait for a slot of appMaxConcurrency, each limiter. */
    readonly maxQueuedRequests: number;
  };
  /** What is kept of request bodies for retries. 0: nothing. */
  readonly retryBuffer: { readonly bytesPerCall: number; readonly bytesInAll: number };
  readonly upstream: {
    readonly connectTimeoutMs: number;
    /** From the last byte of the request to the response's headers. 0: no limit. */
    readonly responseHeaderTimeoutMs: number;
    /** Longest pause inside a response body. 0: no limit. */
    readonly responseIdleTimeoutMs: number;
    /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY (either case). `''`: none. */
    readonly httpProxy: string;
    readonly httpsProxy: string;
    readonly noProxy: string;
  };
  readonly shutdown: {
    /** 0: wait without limit. */
    readonly gracePeriodMs: number;
    /** Keep serving this long after the signal; 0: none. */
    readonly blockMs: number;
  };
  readonly metrics: { readonly enabled: boolean; readonly port: number; readonly address: string };
  readonly log: { readonly level: LogLevel; readonly json: boolean; readonly file: string };
  /** Overrides the Configuration; `null`: the Configuration decides. */
  readonly apiLogging: boolean | null;
  /** CORS; empty: off. */
  readonly allowedOrigins: readonly string[];
  /** Dapr's 500 instead of the precise status (design.md, errors). */
  readonly daprErrorStatuses: boolean;
  readonly urlCalls: UrlCalls;
  readonly disableBuiltinKubernetesSecretStore: boolean;
  /** The environment that envRef and secretstores.local.env may read. */
  readonly env: ReadonlyMap<string, string>;
  readonly allowedEnvNames: ReadonlySet<string> | null;
  /** Flags that were given and do not concern invocation, for one log line. */
  readonly ignoredFlags: readonly string[];
}
