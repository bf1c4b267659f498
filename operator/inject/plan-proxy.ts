/** Annotations and settings -> everything about a pod's proxy. Mistakes are collected in the annotations. Pure. */
import type { ProxyPodSettings } from '#shared/settings/proxy-pod-settings.ts';
import { httpPort } from './argument-table.ts';
import type { AppContainerPlan, ProbeTimes, ProxyPlan } from './injection-report.ts';
import type { Pod } from './pod.ts';
import type { PodAnnotations } from './pod-annotations.ts';
import { proxyArguments } from './proxy-arguments.ts';
import { proxyEnvironment, type ProxyEnvironment } from './proxy-environment.ts';
import { proxyResources } from './proxy-resources.ts';
import { userMounts } from './user-mounts.ts';

export interface InjectionOptions {
  readonly proxy: ProxyPodSettings;
  /** Without a slash; a later one beats an earlier one. */
  readonly annotationPrefixes: readonly string[];
  /** Of the tokens that proxies present to the operator. */
  readonly tokenAudience: string;
  /** Whether the API server knows init containers that go on (Kubernetes 1.29 and later). */
  readonly hasNativeSidecars: boolean;
}

export interface PlanQuestion {
  readonly pod: Pod;
  readonly appId: string;
  readonly annotations: PodAnnotations;
  readonly options: InjectionOptions;
}

export interface Planned {
  readonly plan: ProxyPlan;
  readonly warnings: readonly string[];
}

const imagePattern = /^[a-z0-9][\w.:/@+-]*$/i;
const absolutePath = /^\/[^:]+$/;
/** Of daprd, and of Kubernetes. */
const defaultGraceSeconds = { proxy: 5, pod: 30 };
/** A classic proxy goes on for so long at most: the kubelet waits for it at each end of a pod. */
const longestBlockSeconds = 25;
const probeLimits = { delay: { least: 0, most: 86_400 }, others: { least: 1, most: 86_400 } };
const seccompTypes = /^(?:RuntimeDefault|Unconfined)$/;

/** `null` when the proxy would not start; there may be mistakes even with a plan. */
export function planProxy({ pod, appId, annotations, options }: PlanQuestion): Planned | null {
  const { proxy } = options;
  const container = containerKind(annotations, options);
  const socketPath =
    annotations.text('unix-domain-socket-path', { pattern: absolutePath, allowed: 'give an absolute path' }) ?? '';
  const image = annotations.text('sidecar-image', { pattern: imagePattern, allowed: 'give a reference of an image' });
  const seccomp = annotations.text('sidecar-seccomp-profile-type', {
    pattern: seccompTypes,
    allowed: 'give RuntimeDefault or Unconfined',
  });
  const environment = proxyEnvironment(annotations);
  const volumes = new Set((pod.spec.volumes ?? []).map(({ name }) => name));
  const { mounts, warnings } = userMounts(annotations, volumes);
  const resources = proxyResources(annotations, proxy.resources);
  const probes = {
    liveness: probeTimes('liveness', annotations, { delay: 180, timeout: 3, period: 10, threshold: 5 }),
    readiness: probeTimes('readiness', annotations, { delay: 1, timeout: 1, period: 1, threshold: 5 }),
  };
  const blockSeconds = container === 'native' ? 0 : defaultBlockSeconds(pod, annotations);
  const argumentsOfProxy = proxyArguments({ appId, proxy, hasSocket: socketPath !== '', blockSeconds }, annotations);
  if (argumentsOfProxy === null) return null;
  const { args, settings } = argumentsOfProxy;
  refuseAnyPort(annotations);
  return {
    warnings,
    plan: {
      appId,
      container,
      image: image ?? proxy.image,
      imagePullPolicy: proxy.imagePullPolicy,
      imagePullSecrets: proxy.imagePullSecrets,
      args,
      env: environment.variables,
      resources,
      probes,
      security: {
        runAsUser: proxy.runAsUser,
        runAsGroup: proxy.runAsGroup,
        seccompProfileType: seccomp === 'Unconfined' ? 'Unconfined' : 'RuntimeDefault',
      },
      metricsPort: settings.metrics.enabled ? settings.metrics.port : null,
      mounts,
      tokenAudience: options.tokenAudience,
      app: appPlan(annotations, { environment, socketPath }),
    },
  };
}

function containerKind(
  annotations: PodAnnotations,
  { proxy, hasNativeSidecars }: InjectionOptions,
): 'native' | 'classic' {
  const asked = annotations.boolean('enable-native-sidecar');
  const annotation = annotations.find('enable-native-sidecar');
  if (asked === true && annotation !== null && !hasNativeSidecars) {
    annotations.refuse(annotation, 'this cluster has no such containers before Kubernetes 1.29; give false');
  }
  if (asked !== null) return asked ? 'native' : 'classic';
  if (proxy.container !== 'auto') return proxy.container;
  return hasNativeSidecars ? 'native' : 'classic';
}

/**
 * A classic container gets the signal together with the application, whose last calls it must outlive. It leaves time
 * for its own grace period within that of the pod.
 */
function defaultBlockSeconds(pod: Pod, annotations: PodAnnotations): number {
  const given = Number(annotations.given('graceful-shutdown-seconds')?.value);
  const ownSeconds = given > 0 ? given : defaultGraceSeconds.proxy;
  const podSeconds = pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds.pod;
  return Math.max(0, Math.min(longestBlockSeconds, Math.floor(podSeconds - ownSeconds - 1)));
}

/** For the proxy 0 is any free port, which nobody could find in a pod. */
function refuseAnyPort(annotations: PodAnnotations): void {
  const annotation = annotations.given('metrics-port');
  if (annotation !== null && Number(annotation.value) === 0)
    annotations.refuse(annotation, 'give a port from 1 to 65535');
}

interface Times {
  readonly delay: number;
  readonly timeout: number;
  readonly period: number;
  readonly threshold: number;
}

function probeTimes(probe: 'liveness' | 'readiness', annotations: PodAnnotations, defaults: Times): ProbeTimes {
  const name = `sidecar-${probe}-probe`;
  const { delay, others } = probeLimits;
  return {
    delaySeconds: annotations.integer(`${name}-delay-seconds`, delay) ?? defaults.delay,
    timeoutSeconds: annotations.integer(`${name}-timeout-seconds`, others) ?? defaults.timeout,
    periodSeconds: annotations.integer(`${name}-period-seconds`, others) ?? defaults.period,
    threshold: annotations.integer(`${name}-threshold`, others) ?? defaults.threshold,
  };
}

interface AppQuestion {
  readonly environment: ProxyEnvironment;
  readonly socketPath: string;
}

function appPlan(annotations: PodAnnotations, { environment, socketPath }: AppQuestion): AppContainerPlan {
  return {
    env: [
      { name: 'DAPR_HTTP_PORT', value: String(httpPort) },
      { name: 'DAPR_GRPC_PORT', value: annotations.given('grpc-port')?.value ?? '50001' },
      { name: 'APP_PROTOCOL', value: appProtocol(annotations) },
      ...(environment.apiToken === null ? [] : [environment.apiToken]),
    ],
    socketPath,
  };
}

/** What the application is to speak, `app-ssl` counted in. */
function appProtocol(annotations: PodAnnotations): string {
  const protocol = annotations.given('app-protocol')?.value ?? 'http';
  const isPlain = protocol === 'http' || protocol === 'grpc';
  return isPlain && annotations.boolean('app-ssl') === true ? `${protocol}s` : protocol;
}
