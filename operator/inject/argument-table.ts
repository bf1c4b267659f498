/** The arguments that an injected proxy may get: in Dapr's order (spec/kubernetes.md §3), then Farpoint's own. */
import type { ProxyPodSettings } from '#shared/settings/proxy-pod-settings.ts';
import { socketFolder, tableFolder } from './proxy-volumes.ts';

export const httpPort = 3500;
export const publicPort = 3501;

export interface ArgumentFacts {
  readonly appId: string;
  readonly proxy: ProxyPodSettings;
  readonly hasSocket: boolean;
  /** How long the proxy goes on after the signal; 0: not at all. */
  readonly blockSeconds: number;
}

export interface ArgumentRow {
  /** Of `farpoint proxy`. */
  readonly flag: string;
  /** That says what it is, without its prefix; `''`: none does. */
  readonly annotation: string;
  /** What it is otherwise; `null`: it is left out. */
  readonly otherwise: (facts: ArgumentFacts) => string | null;
}

/**
 * Whatever can also be set by a variable is always written: else those that Kubernetes makes for a Service named `app`
 * or `dapr-http` (`APP_PORT=tcp://…`) would be taken for settings.
 */
export const argumentTable: readonly ArgumentRow[] = [
  fixed('dapr-http-port', () => String(httpPort)),
  row('dapr-grpc-port', 'grpc-port', '50001'),
  row('dapr-listen-addresses', 'sidecar-listen-addresses', '[::1],127.0.0.1'),
  fixed('dapr-public-port', () => String(publicPort)),
  fixed('app-id', ({ appId }) => appId),
  row('app-protocol', 'app-protocol', 'http'),
  row('log-level', 'log-level', 'info'),
  row('dapr-graceful-shutdown-seconds', 'graceful-shutdown-seconds', null),
  fixed('mode', () => 'kubernetes'),
  fixed('control-plane-address', ({ proxy }) => proxy.controlPlaneAddress),
  row('app-port', 'app-port', '0'),
  ...same('app-ssl', 'app-channel-address', 'app-max-concurrency', 'config'),
  { ...row('log-as-json', 'log-as-json', null), otherwise: ({ proxy }) => (proxy.logAsJson ? 'true' : null) },
  ...same('enable-metrics'),
  row('metrics-port', 'metrics-port', '9090'),
  ...same('enable-api-logging', 'max-body-size', 'read-buffer-size'),
  row('dapr-http-max-request-size', 'http-max-request-size', null),
  row('dapr-http-read-buffer-size', 'http-read-buffer-size', null),
  {
    ...row('dapr-block-shutdown-duration', 'block-shutdown-duration', null),
    otherwise: ({ blockSeconds }) => (blockSeconds > 0 ? `${blockSeconds}s` : null),
  },
  fixed('unix-domain-socket', ({ hasSocket }) => (hasSocket ? socketFolder : null)),
  ...same(
    'disable-builtin-k8s-secret-store',
    'enable-app-health-check',
    'app-health-check-path',
    'app-health-probe-interval',
    'app-health-probe-timeout',
    'app-health-threshold',
  ),
  fixed('table-cache-dir', () => tableFolder),
  fixed('url-calls', ({ proxy }) => (proxy.urlCalls === 'deny' ? 'deny' : null)),
  ...same(
    'app-ca-file',
    'allowed-origins',
    'dapr-error-statuses',
    'header-timeout',
    'idle-timeout',
    'body-idle-timeout',
    'max-connections',
    'max-requests-in-flight',
    'max-queued-requests',
    'retry-buffer-size',
    'retry-buffer-total',
    'upstream-connect-timeout',
    'upstream-response-timeout',
    'upstream-idle-timeout',
  ),
];

function fixed(flag: string, otherwise: ArgumentRow['otherwise']): ArgumentRow {
  return { flag, annotation: '', otherwise };
}

function row(flag: string, annotation: string, otherwise: string | null): ArgumentRow {
  return { flag, annotation, otherwise: () => otherwise };
}

/** Flags whose annotations have their names. */
function same(...names: readonly string[]): readonly ArgumentRow[] {
  return names.map((name) => row(name, name, null));
}
