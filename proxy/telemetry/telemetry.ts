/** What the request path tells about itself: one record a request, one a call to an upstream. No record holds a header value or a query. */
import type { ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import type { BreakerPolicy, PolicyOrigin } from '#shared/table/resilience.ts';
import type { UpstreamKind } from '../upstream/upstream.ts';

/** The upstream of a call: a bounded kind, and a label that configuration or a capped cache bounds. */
export interface CallTarget {
  readonly kind: UpstreamKind;
  readonly label: string;
}

/** One API request, when its last byte is out or its connection is gone. */
export interface ServedRequest {
  readonly method: string;
  /** Raw, without the query. */
  readonly path: string;
  /** 0 when the caller left before a status was sent. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly userAgent: string;
  readonly target: CallTarget | null;
  /** Set when the proxy itself made the answer. */
  readonly errorCode: ProxyErrorCode | null;
  /** A middleware of a pipeline made the answer. */
  readonly isMiddlewareAnswer: boolean;
  /** The answer was cut off after its head was sent. */
  readonly isAborted: boolean;
}

/** One call to an upstream, when its response has ended or failed. */
export interface EndedCall {
  readonly target: CallTarget;
  readonly method: string;
  /** The path below the target, raw, without the query and without its first slash. */
  readonly path: string;
  /** 0 when no response came. */
  readonly status: number;
  /** Until the response's head. */
  readonly roundtripMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Why the call failed, before or after its head. */
  readonly errorCode: ProxyErrorCode | null;
}

export interface EndedProbe {
  /** 0 when no response came. */
  readonly status: number;
  readonly durationMs: number;
}

export type BreakerState = 'closed' | 'half-open' | 'open';

/** A policy and the target for whose calls it holds. */
export interface PolicyUse {
  readonly target: CallTarget;
  readonly part: 'timeout' | 'retry' | 'circuitbreaker';
  readonly policy: PolicyOrigin;
  /** Of the breaker, after the event; `''` for the other parts. */
  readonly status: BreakerState | '';
}

/** Why a retry that the policy asks for was not made. */
export type RetryForgoneReason = 'method' | 'budget' | 'body-not-kept' | 'retry-after' | 'answer-begun';

/** A breaker as it is at this moment. */
export interface LiveBreaker {
  readonly target: CallTarget;
  readonly policy: BreakerPolicy;
  readonly state: BreakerState;
}

/** Takes the records; must neither throw nor wait. */
export interface Telemetry {
  callStarted(target: CallTarget): void;
  callEnded(call: EndedCall): void;
  requestServed(request: ServedRequest): void;
  appProbed(probe: EndedProbe): void;
  tableApplied(table: EndpointTable): void;
  /** A call found this policy: once a call and part. */
  policyPicked(use: PolicyUse): void;
  /** A timeout ended a try, or a retry was made: once a call and part. A breaker changed its state: each time. */
  policyActivated(use: PolicyUse): void;
  /** A try after the first one begins. */
  retried(target: CallTarget): void;
  retryForgone(target: CallTarget, reason: RetryForgoneReason): void;
}
