/** Takes one step with one Service, and says what came of it. */
import { LinkError } from '#shared/errors/link-error.ts';
import type { KubeClient, ObjectKey } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { trimmedObject } from '../kube/read-object.ts';
import { services } from '../kube/resource-types.ts';
import type { ServiceStep } from './plan-service.ts';
import { manager, managerLabel } from '../ownership/managed-by.ts';

export type ServiceOutcome =
  | { readonly kind: 'created' | 'updated'; readonly object: KubeObject }
  | { readonly kind: 'deleted' }
  /** It is another by now: the watch shows it soon. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'gone' }
  /** Somebody else's has the name. */
  | { readonly kind: 'foreign'; readonly object: KubeObject }
  | { readonly kind: 'failed'; readonly error: LinkError };

export interface ServiceWrite {
  readonly step: Exclude<ServiceStep, { readonly kind: 'none' }>;
  readonly key: ObjectKey;
  readonly signal: AbortSignal;
}

type Writer = Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete'>;

/** Never rejects for what the API server does. */
export async function writeService(kube: Writer, write: ServiceWrite): Promise<ServiceOutcome> {
  try {
    return await take(kube, write);
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    const isCreation = write.step.kind === 'create';
    if (error.status === 409 && isCreation) return whoHasTheName(kube, write);
    if (error.status === 409) return { kind: 'outdated' };
    if (error.status === 404 && !isCreation) return { kind: 'gone' };
    return { kind: 'failed', error };
  }
}

async function take(kube: Writer, { step, key, signal }: ServiceWrite): Promise<ServiceOutcome> {
  switch (step.kind) {
    case 'create':
      return { kind: 'created', object: trimmedObject(await kube.create(services, step.object, { signal })) };
    case 'update':
      return { kind: 'updated', object: trimmedObject(await kube.replace(services, step.object, { signal })) };
    case 'delete': {
      const { uid, resourceVersion } = step.object.metadata;
      await kube.delete(services, key, { signal, preconditions: { uid, resourceVersion } });
      return { kind: 'deleted' };
    }
  }
}

async function whoHasTheName(kube: Writer, { key, signal }: ServiceWrite): Promise<ServiceOutcome> {
  try {
    const object = await kube.get(services, key, { signal, isMetadataOnly: true });
    const isOwn = object.metadata.labels?.[managerLabel] === manager;
    return isOwn ? { kind: 'outdated' } : { kind: 'foreign', object };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    return error.status === 404 ? { kind: 'outdated' } : { kind: 'failed', error };
  }
}
