/** Looks for Pods that are to have a proxy and seem to have none: page by page, by their metadata. */
import type { Clock } from '#shared/clock/clock.ts';
import { proxyPodSelector, unfinishedPodSelector } from '../identity/pod-facts.ts';
import { listPages } from '../kube/list-pages.ts';
import type { ObjectSource } from '../kube/object-source.ts';
import { trimmedObject } from '../kube/read-object.ts';
import { pods } from '../kube/resource-types.ts';
import { unproxiedPodFrom, type Decide, type UnproxiedPod } from './unproxied-pod.ts';

export interface ListUnproxiedPodsOptions {
  readonly kube: Pick<ObjectSource, 'listPage'>;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly excludedNamespaces: readonly string[];
  readonly decide: Decide;
  readonly clock: Clock;
}

/** The selector of all the others. */
const otherPods = proxyPodSelector.replace('=', '!=');

/** Throws LinkError. */
export async function listUnproxiedPods(
  options: ListUnproxiedPodsOptions,
  signal: AbortSignal,
): Promise<readonly UnproxiedPod[]> {
  const { kube, namespaces, excludedNamespaces, decide, clock } = options;
  const all: UnproxiedPod[] = [];
  for (const namespace of namespaces.length === 0 ? [''] : namespaces) {
    let found: UnproxiedPod[] = [];
    await listPages({
      source: kube,
      query: {
        type: pods,
        namespace,
        labelSelector: otherPods,
        fieldSelector: unfinishedPodSelector,
        isMetadataOnly: true,
      },
      signal,
      onBegin: () => {
        found = [];
      },
      onPage: (objects) => {
        const nowMs = clock.epochMs();
        for (const object of objects) {
          const unproxied = unproxiedPodFrom(trimmedObject(object), { decide, excludedNamespaces, nowMs });
          if (unproxied !== null) found.push(unproxied);
        }
      },
      onFailure: async (error) => {
        throw error;
      },
    });
    all.push(...found);
  }
  return all;
}
