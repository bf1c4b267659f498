/** A Pod that is to have a proxy and seems to have none, and what is said of it. Pure. */
import type { InjectionReport } from '../inject/injection-report.ts';
import type { KubeObject, OwnerReference } from '../kube/kube-object.ts';
import type { Warning } from '../warning-event.ts';

/** What injection would do with a Pod today. */
export type Decide = (pod: unknown) => InjectionReport;

export interface UnproxiedPod {
  readonly pod: KubeObject;
  /** Makes another when the Pod is gone; null: nobody does. */
  readonly controller: OwnerReference | null;
}

/** A Pod that was made a moment ago may have no labels yet, as far as a list knows. */
const youngMs = 10_000;
/** Files and URLs that a kubelet reads; `api` is everything else. */
const sourceAnnotation = 'kubernetes.io/config.source';

export interface UnproxiedPodOptions {
  readonly decide: Decide;
  /** Where nothing is injected, whatever Pods ask for. */
  readonly excludedNamespaces: readonly string[];
  readonly nowMs: number;
}

/** By its metadata alone: whether there is a container, nobody can tell from that. `null`: it is none. */
export function unproxiedPodFrom(pod: KubeObject, options: UnproxiedPodOptions): UnproxiedPod | null {
  const { decide, excludedNamespaces, nowMs } = options;
  const { namespace = '', annotations = {}, creationTimestamp = '', deletionTimestamp, ownerReferences } = pod.metadata;
  if (excludedNamespaces.includes(namespace)) return null;
  if (deletionTimestamp !== undefined || nowMs - Date.parse(creationTimestamp) < youngMs) return null;
  const isStatic = (annotations[sourceAnnotation] ?? 'api') !== 'api';
  // Without a spec, whatever asks for a proxy is refused; what does not ask is skipped.
  if (isStatic || decide({ metadata: pod.metadata }).kind === 'skip') return null;
  return { pod, controller: ownerReferences?.find(({ controller }) => controller === true) ?? null };
}

/** Of all others nobody knows whether a Pod that goes comes again, or was in the middle of its work, as one of a Job is. */
const replacingKinds: readonly string[] = [
  'apps/v1 ReplicaSet',
  'apps/v1 StatefulSet',
  'apps/v1 DaemonSet',
  'v1 ReplicationController',
];

/** Whether its controller does nothing but keep Pods running. */
export function canBeReplaced({ controller }: UnproxiedPod): boolean {
  return controller !== null && replacingKinds.includes(`${controller.apiVersion} ${controller.kind}`);
}

/** The API server takes 1024 bytes in all, and a letter is up to three. */
const maxMistakesLength = 250;

/** What to do about it. */
export function proxyMissing(
  unproxied: UnproxiedPod,
  { mistakes, isEvicting }: { readonly mistakes: readonly string[]; readonly isEvicting: boolean },
): Warning {
  const { pod, controller } = unproxied;
  const finding = 'its annotations ask for a proxy, and it has none: it was made while the injector was not there';
  const note = `${finding}; ${remedy()}`;
  return { object: pod, apiVersion: 'v1', kind: 'Pod', action: 'FindProxy', reason: 'ProxyMissing', note };

  function remedy(): string {
    if (mistakes.length > 0) {
      const why = mistakes.join(' ').slice(0, maxMistakesLength).toWellFormed();
      return `correct what it is made from, since it could not have one now either: ${why}`;
    }
    if (controller === null) return 'delete it and make it again; nothing else does, so it is left alone';
    if (controller.kind === 'Job') return 'run its Job again, if it needs the proxy; it is not interrupted';
    if (!canBeReplaced(unproxied)) {
      return `delete it when that does no harm; whether its ${controller.kind} makes another is not known, so it is left alone`;
    }
    return isEvicting
      ? 'it is evicted as soon as its disruption budget allows that, unless another one of the same controller came back without a proxy'
      : 'delete it, and the one that takes its place has a proxy';
  }
}
