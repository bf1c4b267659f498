/** What a Pod's metadata says about its proxy: app id and Configuration. Pure. */
import type { KubeObject } from '../kube/kube-object.ts';

/** The labels that a Pod gets together with its proxy. */
export const injectedLabel = 'dapr.io/sidecar-injected';
export const appIdLabel = 'dapr.io/app-id';

/** Selects the Pods that have a proxy. */
export const proxyPodSelector = `${injectedLabel}=true`;

/** As a field selector: Pods of which something runs or will. Those of a Job stay when they are through, and have no proxy then. */
export const unfinishedPodSelector = 'status.phase!=Succeeded,status.phase!=Failed';

export interface PodFacts {
  /** Whether the Pod is labelled as one that has a proxy. */
  readonly hasProxy: boolean;
  /** From the annotation, else the Pod's name. Perhaps not valid: see `appIdMistake`. */
  readonly appId: string;
  /** Name of a Configuration; `''`: none. */
  readonly configuration: string;
}

/** Reads a Pod's metadata. Of the prefixes (without a slash) a later one beats an earlier one. */
export function podFactsFrom(pod: KubeObject, annotationPrefixes: readonly string[]): PodFacts {
  const { labels, name } = pod.metadata;
  return {
    hasProxy: labels?.[injectedLabel] === 'true',
    appId: podAnnotation(pod, annotationPrefixes, 'app-id') || name,
    configuration: podAnnotation(pod, annotationPrefixes, 'config') ?? '',
  };
}

/** `<app id>-dapr` is the name of a Service, hence 63 - 5. */
const maxAppIdLength = 58;
const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** Why this cannot be an app id, as a sentence; null when it can. */
export function appIdMistake(appId: string): string | null {
  if (appId.length <= maxAppIdLength && dnsLabel.test(appId)) return null;
  const shown = appId.length > 80 ? `${appId.slice(0, 80)}…` : appId;
  return `${JSON.stringify(shown)} is not an app id: it must be a DNS label (a-z, 0-9 and -) of at most ${maxAppIdLength} characters`;
}

/** The value without spaces around it; one that is empty hides the one of an earlier prefix. */
export function podAnnotation(pod: KubeObject, prefixes: readonly string[], name: string): string | undefined {
  const annotations = pod.metadata.annotations ?? {};
  const prefix = prefixes.findLast((candidate) => annotations[`${candidate}/${name}`] !== undefined);
  return prefix === undefined ? undefined : annotations[`${prefix}/${name}`]?.trim();
}
