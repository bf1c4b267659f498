/** Records as the request path makes them, for tests of what becomes of them. */
import { defaultOptions } from '#shared/compile/default-options.ts';
import type { EndpointTable, MetricsOptions } from '#shared/table/endpoint-table.ts';
import type { CallTarget, EndedCall, ServedRequest } from '../../proxy/telemetry/telemetry.ts';

export const github: CallTarget = { kind: 'endpoint', label: 'github' };

/** A request that went well, apart from what the test changes. */
export function servedRequest(changes: Partial<ServedRequest> = {}): ServedRequest {
  return {
    method: 'GET',
    path: '/v1.0/invoke/github/method/orders/7',
    status: 200,
    durationMs: 12.5,
    requestBytes: 10,
    responseBytes: 2_000,
    userAgent: '',
    target: github,
    errorCode: null,
    isMiddlewareAnswer: false,
    isAborted: false,
    ...changes,
  };
}

/** A call that went well, apart from what the test changes. */
export function endedCall(changes: Partial<EndedCall> = {}): EndedCall {
  return {
    target: github,
    method: 'GET',
    path: 'orders/7',
    status: 200,
    roundtripMs: 11.5,
    sentBytes: 10,
    receivedBytes: 2_000,
    errorCode: null,
    ...changes,
  };
}

/** An empty table, apart from what the test changes. */
export function tableWith(
  changes: Partial<Omit<EndpointTable, 'metrics'>> & { readonly metrics?: Partial<MetricsOptions> } = {},
): EndpointTable {
  const { metrics, ...rest } = changes;
  return {
    revision: 'r1',
    endpointsByName: new Map(),
    ...defaultOptions,
    ...rest,
    metrics: { ...defaultOptions.metrics, ...metrics },
  };
}
