/** A Service as it is to be, and as it is -> what is to be done. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { recordFrom } from '#shared/resources/read-field.ts';
import type { NewObject } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { ownersFor, type ObjectOwner } from '../ownership/object-owner.ts';
import { appIdAnnotation, askedAnnotation, isReservedAnnotation, type WantedService } from './wanted-service.ts';

export type ServiceStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'create'; readonly object: NewObject }
  | { readonly kind: 'update'; readonly object: KubeObject }
  | { readonly kind: 'delete'; readonly why: 'unneeded' | 'unchangeable'; readonly object: KubeObject };

/** `wanted` null: nobody needs it. `present` null: there is none of the operator's. */
export function planService(wanted: WantedService | null, present: KubeObject | null, owner: ObjectOwner): ServiceStep {
  // What is being deleted already is waited for.
  if (present?.metadata.deletionTimestamp !== undefined) return { kind: 'none' };
  if (wanted === null) {
    // A label is soon given to something else; the operator's own say which app they are for.
    const isOwn = present?.metadata.annotations?.[appIdAnnotation] !== undefined;
    return present !== null && isOwn ? { kind: 'delete', why: 'unneeded', object: present } : { kind: 'none' };
  }
  if (present === null) {
    return { kind: 'create', object: { ...wanted, metadata: { ...wanted.metadata, ...ownersFor(null, owner) } } };
  }
  // The API server does not let anybody change it.
  if (recordFrom(present['spec'])?.['clusterIP'] !== wanted.spec['clusterIP']) {
    return { kind: 'delete', why: 'unchangeable', object: present };
  }
  const next = nextService(wanted, present, owner);
  return isDeepStrictEqual(next, present) ? { kind: 'none' } : { kind: 'update', object: next };
}

/** What is nobody's business but the user's stays. */
function nextService(wanted: WantedService, present: KubeObject, owner: ObjectOwner): KubeObject {
  const { metadata } = present;
  return {
    ...present,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...wanted.metadata.labels },
      annotations: { ...keptAnnotations(metadata.annotations), ...wanted.metadata.annotations },
      ...ownersFor(metadata, owner),
    },
    spec: { ...recordFrom(present['spec']), ...wanted.spec },
  };
}

/** Those that are neither the operator's own nor what Pods once asked for. */
function keptAnnotations(annotations: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const asked = new Set((annotations[askedAnnotation] ?? '').split(','));
  return Object.fromEntries(
    Object.entries(annotations).filter(([name]) => !isReservedAnnotation(name) && !asked.has(name)),
  );
}
