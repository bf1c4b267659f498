/** What a Pod with a proxy asks of the Service of its app. Pure. */
import { isTruthy } from '#shared/settings/is-truthy.ts';
import { appIdLabel, appIdMistake, podAnnotation } from '../identity/pod-facts.ts';
import type { KubeObject } from '../kube/kube-object.ts';

export interface ServiceNeed {
  readonly namespace: string;
  readonly appId: string;
  /** `null`: no metrics. */
  readonly metricsPort: number | null;
  /** The annotation `sidecar-svc-annotations` as it is; `''`: none. */
  readonly annotations: string;
  /** RFC 3339 in whole seconds, so that texts sort as times do. */
  readonly createdAt: string;
  readonly name: string;
  readonly isEnding: boolean;
}

const defaultMetricsPort = 9090;

/** `null`: no Service can be for it. */
export function serviceNeedFrom(pod: KubeObject, annotationPrefixes: readonly string[]): ServiceNeed | null {
  const { namespace = '', name, labels, creationTimestamp = '', deletionTimestamp } = pod.metadata;
  // The label, and not the annotation: the Service selects by it.
  const appId = labels?.[appIdLabel];
  if (appId === undefined || appIdMistake(appId) !== null) return null;
  const annotation = (key: string): string | undefined => podAnnotation(pod, annotationPrefixes, key);
  const enableMetrics = annotation('enable-metrics');
  return {
    namespace,
    appId,
    metricsPort: enableMetrics === undefined || isTruthy(enableMetrics) ? portFrom(annotation('metrics-port')) : null,
    annotations: annotation('sidecar-svc-annotations') ?? '',
    createdAt: creationTimestamp,
    name,
    isEnding: deletionTimestamp !== undefined,
  };
}

/** The Pod whose wishes count: the newest of those that stay, since a rollout means what it brings. */
export function decisiveNeed(needs: Iterable<ServiceNeed>): ServiceNeed | null {
  let decisive: ServiceNeed | null = null;
  for (const need of needs) if (decisive === null || isBefore(decisive, need)) decisive = need;
  return decisive;
}

function isBefore(one: ServiceNeed, other: ServiceNeed): boolean {
  if (one.isEnding !== other.isEnding) return one.isEnding;
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt;
  return one.name < other.name;
}

function portFrom(text: string | undefined): number {
  const port = Number(text);
  return text !== undefined && /^\d+$/.test(text) && port >= 1 && port <= 65_535 ? port : defaultMetricsPort;
}
