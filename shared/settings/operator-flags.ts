/** The flags of `farpoint operator`. */
import type { Flag } from './flag.ts';
import { operatorProxyFlags } from './operator-proxy-flags.ts';

const kubernetes = { group: 'Kubernetes', env: '' } as const;
const proxies = { group: 'Proxies', env: '' } as const;
const tables = { group: 'Tables', env: '' } as const;
const webhooks = { group: 'Webhooks', env: '' } as const;
const pods = { group: 'Pods and their Services', env: '' } as const;
const telemetry = { group: 'Logs and metrics', env: '' } as const;
const shutdown = { group: 'Shutdown', env: '' } as const;
const printing = { group: 'Print or wait, then exit', env: '' } as const;

/** Every flag that the operator takes. */
export const operatorFlags = [
  {
    ...kubernetes,
    name: 'watch-namespaces',
    kind: 'list',
    default: '',
    text: 'serve these namespaces only; none: all of them',
  },
  {
    ...kubernetes,
    name: 'namespace',
    kind: 'text',
    default: '',
    env: 'NAMESPACE',
    text: "the operator's own namespace; else POD_NAMESPACE, else farpoint-system",
  },
  {
    ...kubernetes,
    name: 'kubeconfig',
    kind: 'text',
    default: '',
    text: 'how to reach the API server; none: as a pod does, outside of one KUBECONFIG',
  },
  {
    ...kubernetes,
    name: 'replica-name',
    kind: 'text',
    default: '',
    env: 'POD_NAME',
    text: 'tells replicas apart; none: the host name',
  },
  {
    ...kubernetes,
    name: 'lease-duration',
    kind: 'ms',
    default: '15s',
    text: 'how long a leader that is gone keeps the others waiting',
  },
  {
    ...kubernetes,
    name: 'owner-cluster-role',
    kind: 'text',
    default: '',
    text: 'ClusterRole with which everything goes that the operator made; none: it stays',
  },

  { ...proxies, name: 'listen-address', kind: 'text', default: '0.0.0.0', text: 'address that proxies connect to' },
  { ...proxies, name: 'port', kind: 'port', default: '6500', text: 'port that proxies connect to; 0: any free one' },
  {
    ...proxies,
    name: 'service-names',
    kind: 'list',
    default: '',
    text: 'host names and IP addresses of the serving certificate; none: those of Service farpoint-operator',
  },
  {
    ...proxies,
    name: 'advertise-address',
    kind: 'text',
    default: '',
    env: 'POD_IP',
    text: 'HOST or HOST:PORT at which other replicas reach this one; none: 127.0.0.1',
  },
  {
    ...proxies,
    name: 'service-account',
    kind: 'text',
    default: 'farpoint-operator',
    env: 'SERVICE_ACCOUNT',
    text: "the operator's own: replicas know each other by it",
  },
  {
    ...proxies,
    name: 'peer-token-file',
    kind: 'text',
    default: '/var/run/secrets/farpoint.dev/token/token',
    text: 'token of it, with the audience, that is shown to other replicas',
  },
  {
    ...proxies,
    name: 'token-audience',
    kind: 'text',
    default: 'farpoint-operator',
    text: 'audience of the tokens that proxies present',
  },
  {
    ...proxies,
    name: 'annotation-prefixes',
    kind: 'list',
    default: 'dapr.io,farpoint.dev',
    text: 'of annotations on pods; a later one beats an earlier one; farpoint.dev is always among them',
  },

  {
    ...tables,
    name: 'hold-off',
    kind: 'ms',
    default: '100ms',
    text: 'a change waits this long for others that follow it',
  },
  { ...tables, name: 'max-hold-off', kind: 'ms', default: '1s', text: 'and no longer than this' },

  ...operatorProxyFlags,

  { ...webhooks, name: 'webhook-listen-address', kind: 'text', default: '0.0.0.0', text: 'address of the webhooks' },
  { ...webhooks, name: 'webhook-port', kind: 'port', default: '9443', text: 'port of the webhooks; 0: any free one' },
  {
    ...webhooks,
    name: 'injector-name',
    kind: 'text',
    default: '',
    text: 'MutatingWebhookConfiguration whose CA bundle is kept current; none: none is',
  },
  {
    ...webhooks,
    name: 'validator-name',
    kind: 'text',
    default: '',
    text: 'ValidatingWebhookConfiguration whose CA bundle is kept current; none: none is',
  },

  {
    ...pods,
    name: 'services',
    kind: 'boolean',
    default: 'true',
    text: 'keep a headless Service <app-id>-dapr for the pods of each app',
  },
  {
    ...pods,
    name: 'repair',
    kind: 'text',
    default: 'report',
    text: 'of pods that lack their proxy: off, report or evict',
  },
  { ...pods, name: 'repair-interval', kind: 'ms', default: '5m', text: 'time between two looks for such pods' },
  {
    ...pods,
    name: 'repair-excluded-namespaces',
    kind: 'list',
    default: 'kube-system,kube-node-lease',
    text: 'where the injector is not asked, so that no pod lacks anything',
  },
  {
    ...pods,
    name: 'repair-evictions-per-minute',
    kind: 'integer',
    default: '20',
    text: 'with --repair evict, evict no more pods than this',
  },

  {
    ...shutdown,
    name: 'shutdown-grace',
    kind: 'ms',
    default: '10s',
    text: 'time to send proxies elsewhere before connections are cut',
  },

  {
    ...telemetry,
    name: 'metrics-port',
    kind: 'port',
    default: '9090',
    text: 'port of /healthz, /readyz and /metrics; 0: any free one',
  },
  { ...telemetry, name: 'metrics-listen-address', kind: 'text', default: '0.0.0.0', text: 'address of the same' },
  { ...telemetry, name: 'log-level', kind: 'text', default: 'info', text: 'debug, info, warn, error or fatal' },
  { ...telemetry, name: 'log-as-json', kind: 'boolean', default: 'false', text: 'log JSON lines' },

  { ...printing, name: 'version', kind: 'boolean', default: 'false', text: 'print the version' },
  { ...printing, name: 'help', kind: 'boolean', default: 'false', text: 'print this' },
] as const satisfies readonly Flag[];
