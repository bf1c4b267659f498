/** Kinds and objects -> URL paths of the API server, and names for messages. Pure. */
import type { ResourceType } from './kube-object.ts';

export interface ResourcePathOptions {
  /** `''`: cluster-wide, or all namespaces. */
  readonly namespace: string;
  /** `''`: the collection. */
  readonly name: string;
  readonly subresource?: string;
}

/** `/apis/group/version/namespaces/x/plural/name/subresource`. */
export function resourcePath(type: ResourceType, { namespace, name, subresource = '' }: ResourcePathOptions): string {
  const segments = [
    ...(namespace === '' ? [] : ['namespaces', namespace]),
    type.plural,
    ...(name === '' ? [] : [name]),
    ...(subresource === '' ? [] : [subresource]),
  ];
  return `${groupVersionPath(type)}/${segments.map(encodeURIComponent).join('/')}`;
}

/** `/api/v1` or `/apis/group/version`. */
export function groupVersionPath({ group, version }: Pick<ResourceType, 'group' | 'version'>): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** `plural.group`, as kubectl writes it; also the value of metric labels. */
export function kindName({ group, plural }: ResourceType): string {
  return group === '' ? plural : `${plural}.${group}`;
}
