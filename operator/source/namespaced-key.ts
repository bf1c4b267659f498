/** `namespace/name`: how the operator names an object of a kind that is clear from where it is said. Pure. */
import type { KubeObject } from '../kube/kube-object.ts';

/** The key of an object. */
export function namespacedKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** The two halves of a key. */
export function splitNamespacedKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
