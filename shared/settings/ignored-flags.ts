/** The flags of daprd that do not concern invocation (spec/kubernetes.md §8): read, checked, named in one log line. */
import type { Flag } from './flag.ts';

const ignored = {
  group: 'Accepted from daprd, without effect on invocation',
  env: '',
  default: null,
  text: '',
} as const;

/** Every flag that is accepted and changes nothing. */
export const ignoredFlags = [
  { ...ignored, name: 'dapr-grpc-port', kind: 'port', default: '50001', env: 'DAPR_GRPC_PORT' },
  { ...ignored, name: 'dapr-internal-grpc-port', kind: 'port' },
  { ...ignored, name: 'dapr-internal-grpc-listen-address', kind: 'text' },
  { ...ignored, name: 'enable-profiling', kind: 'boolean' },
  { ...ignored, name: 'profile-port', kind: 'port' },
  { ...ignored, name: 'enable-mtls', kind: 'boolean' },
  { ...ignored, name: 'sentry-address', kind: 'text' },
  { ...ignored, name: 'sentry-request-jwt-audiences', kind: 'list' },
  { ...ignored, name: 'control-plane-namespace', kind: 'text' },
  { ...ignored, name: 'control-plane-trust-domain', kind: 'text' },
  { ...ignored, name: 'disable-init-endpoints', kind: 'list' },
  { ...ignored, name: 'hot-reload-reconcile-interval', kind: 'ms' },
  { ...ignored, name: 'app-binding-options-timeout', kind: 'ms' },
  { ...ignored, name: 'placement-host-address', kind: 'list' },
  { ...ignored, name: 'actors-service', kind: 'text' },
  { ...ignored, name: 'actors-disseminate-timeout', kind: 'ms' },
  { ...ignored, name: 'reminders-service', kind: 'text' },
  { ...ignored, name: 'scheduler-host-address', kind: 'list' },
  { ...ignored, name: 'scheduler-job-streams', kind: 'integer' },
] as const satisfies readonly Flag[];
