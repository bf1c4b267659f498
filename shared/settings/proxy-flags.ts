/**
 * The flags of `farpoint proxy` that have an effect: daprd's (spec/kubernetes.md §8), then Farpoint's own.
 * The names of environment variables are those that the Dapr command line gives to an application.
 */
import type { Flag } from './flag.ts';

const application = { group: 'Application', env: '' } as const;
const api = { group: 'API', env: '' } as const;
const resources = { group: 'Resources', env: '' } as const;
const controlPlane = { group: 'Control plane', env: '' } as const;
const limits = { group: 'Limits', env: '' } as const;
const upstreams = { group: 'Upstreams', env: '' } as const;
const shutdown = { group: 'Shutdown', env: '' } as const;
const telemetry = { group: 'Logs and metrics', env: '' } as const;
const printing = { group: 'Print or wait, then exit', env: '' } as const;

/** Every flag that changes what the proxy does. */
export const proxyFlags = [
  { ...application, name: 'mode', kind: 'text', default: 'standalone', text: 'standalone or kubernetes' },
  {
    ...application,
    name: 'app-id',
    kind: 'text',
    default: '',
    env: 'APP_ID',
    text: 'the name of the application; required',
  },
  {
    ...application,
    name: 'app-port',
    kind: 'port',
    default: null,
    env: 'APP_PORT',
    text: 'where the application listens; none or 0: nowhere',
  },
  {
    ...application,
    name: 'app-protocol',
    kind: 'text',
    default: 'http',
    env: 'APP_PROTOCOL',
    text: 'http, https, h2c, grpc or grpcs',
  },
  {
    ...application,
    name: 'app-ssl',
    kind: 'boolean',
    default: 'false',
    text: 'deprecated: --app-protocol https or grpcs',
  },
  {
    ...application,
    name: 'app-ca-file',
    kind: 'text',
    default: '',
    text: "PEM roots for the application's certificate; none: the system's",
  },
  { ...application, name: 'app-channel-address', kind: 'text', default: '127.0.0.1', text: 'host of the application' },
  {
    ...application,
    name: 'app-max-concurrency',
    kind: 'integer',
    default: '-1',
    text: 'calls at once to each target; -1: no limit',
  },
  { ...application, name: 'enable-app-health-check', kind: 'boolean', default: 'false', text: 'probe the application' },
  { ...application, name: 'app-health-check-path', kind: 'text', default: '/healthz', text: 'path to probe' },
  { ...application, name: 'app-health-probe-interval', kind: 'integer', default: '5', text: 'seconds between probes' },
  {
    ...application,
    name: 'app-health-probe-timeout',
    kind: 'integer',
    default: '500',
    text: 'milliseconds a probe may take',
  },
  {
    ...application,
    name: 'app-health-threshold',
    kind: 'integer',
    default: '3',
    text: 'failed probes in a row that make it unhealthy',
  },

  {
    ...api,
    name: 'dapr-http-port',
    kind: 'port',
    default: '3500',
    env: 'DAPR_HTTP_PORT',
    text: 'port of the API; 0: any free one',
  },
  { ...api, name: 'dapr-listen-addresses', kind: 'list', default: '127.0.0.1', text: 'addresses of the API' },
  {
    ...api,
    name: 'dapr-public-port',
    kind: 'port',
    default: null,
    text: 'port that serves health and metadata only; none: not served',
  },
  { ...api, name: 'dapr-public-listen-address', kind: 'text', default: '', text: 'address of that port; none: all' },
  {
    ...api,
    name: 'unix-domain-socket',
    kind: 'text',
    default: '',
    text: 'folder for dapr-<app-id>-http.socket, which replaces the port',
  },
  {
    ...api,
    name: 'allowed-origins',
    kind: 'list',
    default: '',
    text: 'origins that browsers may call from (CORS); none: off',
  },
  {
    ...api,
    name: 'dapr-error-statuses',
    kind: 'boolean',
    default: 'false',
    text: 'answer 500 wherever Dapr does, instead of the precise status',
  },
  {
    ...api,
    name: 'url-calls',
    kind: 'text',
    default: 'allow',
    text: 'allow or deny calls of URLs that no HTTPEndpoint stands for',
  },

  { ...resources, name: 'resources-path', kind: 'list', default: '', text: 'folder of manifests; may be repeated' },
  { ...resources, name: 'components-path', kind: 'text', default: '', text: 'deprecated: --resources-path' },
  {
    ...resources,
    name: 'config',
    kind: 'list',
    default: '',
    text: 'file with a Configuration, repeatable; kubernetes: the annotation counts',
  },
  {
    ...resources,
    name: 'disable-builtin-k8s-secret-store',
    kind: 'boolean',
    default: 'false',
    text: 'no secret store named kubernetes',
  },

  {
    ...controlPlane,
    name: 'control-plane-address',
    kind: 'text',
    default: '',
    text: 'host:port of the operator; required in kubernetes mode',
  },
  {
    ...controlPlane,
    name: 'control-plane-token-file',
    kind: 'text',
    default: '/var/run/secrets/farpoint.dev/token/token',
    text: 'ServiceAccount token',
  },
  {
    ...controlPlane,
    name: 'control-plane-ca-file',
    kind: 'text',
    default: '/var/run/secrets/farpoint.dev/trust/ca.crt',
    text: 'PEM roots of the operator',
  },
  {
    ...controlPlane,
    name: 'table-cache-dir',
    kind: 'text',
    default: '',
    text: 'memory-backed folder that keeps the table, with its secrets; none: nowhere',
  },

  {
    ...limits,
    name: 'max-body-size',
    kind: 'bytes',
    default: null,
    text: 'largest request body; none: 4Mi; 0: no limit',
  },
  {
    ...limits,
    name: 'read-buffer-size',
    kind: 'bytes',
    default: null,
    text: 'room for request line and headers; none: 4Ki',
  },
  {
    ...limits,
    name: 'dapr-http-max-request-size',
    kind: 'integer',
    default: '-1',
    text: 'deprecated: --max-body-size, in MB',
  },
  {
    ...limits,
    name: 'dapr-http-read-buffer-size',
    kind: 'integer',
    default: '-1',
    text: 'deprecated: --read-buffer-size, in KB',
  },
  { ...limits, name: 'header-timeout', kind: 'ms', default: '10s', text: 'longest wait for the headers of a request' },
  { ...limits, name: 'idle-timeout', kind: 'ms', default: '65s', text: 'keep a connection without requests this long' },
  { ...limits, name: 'body-idle-timeout', kind: 'ms', default: '30s', text: 'longest pause inside a request body' },
  { ...limits, name: 'max-connections', kind: 'integer', default: '10000', text: 'connections to the API at once' },
  {
    ...limits,
    name: 'max-requests-in-flight',
    kind: 'integer',
    default: '5000',
    text: 'requests at once; more answer 503',
  },
  {
    ...limits,
    name: 'max-queued-requests',
    kind: 'integer',
    default: '1000',
    text: 'requests that may wait because of --app-max-concurrency, each target',
  },
  { ...limits, name: 'retry-buffer-size', kind: 'bytes', default: '256Ki', text: 'kept of a body to send it again' },
  { ...limits, name: 'retry-buffer-total', kind: 'bytes', default: '16Mi', text: 'the same, of all bodies together' },

  {
    ...upstreams,
    name: 'upstream-connect-timeout',
    kind: 'ms',
    default: '15s',
    text: 'longest wait for a connection, TLS included',
  },
  {
    ...upstreams,
    name: 'upstream-response-timeout',
    kind: 'ms',
    default: '0',
    text: 'longest wait for the headers of a response; 0: no limit',
  },
  {
    ...upstreams,
    name: 'upstream-idle-timeout',
    kind: 'ms',
    default: '0',
    text: 'longest pause inside a response body; 0: no limit',
  },

  {
    ...shutdown,
    name: 'dapr-graceful-shutdown-seconds',
    kind: 'integer',
    default: '5',
    text: 'time for requests in flight; 0: no limit',
  },
  {
    ...shutdown,
    name: 'dapr-block-shutdown-duration',
    kind: 'ms',
    default: '0',
    text: 'keep serving this long after the signal',
  },

  { ...telemetry, name: 'enable-metrics', kind: 'boolean', default: 'true', text: 'serve metrics for Prometheus' },
  {
    ...telemetry,
    name: 'metrics-port',
    kind: 'port',
    default: '9090',
    env: 'DAPR_METRICS_PORT',
    text: 'port of the metrics; 0: any free one',
  },
  { ...telemetry, name: 'metrics-listen-address', kind: 'text', default: '0.0.0.0', text: 'address of the metrics' },
  { ...telemetry, name: 'log-level', kind: 'text', default: 'info', text: 'debug, info, warn, error or fatal' },
  { ...telemetry, name: 'log-as-json', kind: 'boolean', default: 'false', text: 'log JSON lines' },
  { ...telemetry, name: 'log-file', kind: 'text', default: '', text: 'log to this file; none: standard output' },
  {
    ...telemetry,
    name: 'enable-api-logging',
    kind: 'boolean',
    default: null,
    text: 'log each call; not given: the Configuration decides',
  },

  { ...printing, name: 'version', kind: 'boolean', default: 'false', text: 'print the version' },
  { ...printing, name: 'build-info', kind: 'boolean', default: 'false', text: 'print the version and what it runs on' },
  {
    ...printing,
    name: 'wait',
    kind: 'boolean',
    default: 'false',
    text: 'wait up to 60 s until a proxy on this machine can call out',
  },
  { ...printing, name: 'help', kind: 'boolean', default: 'false', text: 'print this' },
] as const satisfies readonly Flag[];
