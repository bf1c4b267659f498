/** The annotations that Farpoint knows, without their prefix (spec/kubernetes.md §2, and its own). */
import { argumentTable } from './argument-table.ts';

/** What they do is not a flag of the proxy. */
const others = [
  'enabled',
  'app-id',
  'api-token-secret',
  'app-token-secret',
  'unix-domain-socket-path',
  'volume-mounts',
  'volume-mounts-rw',
  'env',
  'env-from-secret',
  'sidecar-liveness-probe-delay-seconds',
  'sidecar-liveness-probe-timeout-seconds',
  'sidecar-liveness-probe-period-seconds',
  'sidecar-liveness-probe-threshold',
  'sidecar-readiness-probe-delay-seconds',
  'sidecar-readiness-probe-timeout-seconds',
  'sidecar-readiness-probe-period-seconds',
  'sidecar-readiness-probe-threshold',
  'sidecar-cpu-request',
  'sidecar-cpu-limit',
  'sidecar-memory-request',
  'sidecar-memory-limit',
  'sidecar-image',
  'sidecar-seccomp-profile-type',
  'enable-native-sidecar',
  'sidecar-svc-annotations',
] as const;

/** Dapr's for what Farpoint does not have: somebody may wait for their effect in vain. */
export const annotationsWithoutEffect: readonly string[] = [
  'internal-grpc-port',
  'enable-profiling',
  'enable-debug',
  'debug-port',
  'pluggable-components',
  'pluggable-components-sockets-folder',
  'component-container',
  'inject-pluggable-components',
];

/** Dapr's for parts that have nothing to do with invocation. */
const ofOtherParts = [
  'disable-init-endpoints',
  'placement-host-address',
  'scheduler-host-address',
  'actors-disseminate-timeout',
  'app-binding-options-timeout',
  'sentry-request-jwt-audiences',
] as const;

/** Every name that means something, be it nothing to invocation. */
export const knownAnnotations: readonly string[] = [
  ...argumentTable.map(({ annotation }) => annotation).filter((name) => name !== ''),
  ...others,
  ...annotationsWithoutEffect,
  ...ofOtherParts,
];
