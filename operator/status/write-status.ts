/** One server-side apply of an endpoint's status, and what became of it. */
import { LinkError } from '#shared/errors/link-error.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { httpEndpoints } from '../kube/resource-types.ts';
import type { EndpointStatus } from './condition.ts';

/** Who owns the fields of status (`kubectl get --show-managed-fields`). */
const fieldManager = 'farpoint-operator';

export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: KubeObject }
  /** The object is not there any more, or another one has its name. */
  | { readonly kind: 'gone' }
  /** The CRD has no status subresource. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryAfterMs: number; readonly isServerBusy: boolean };

/** Writes the status of exactly this object. Does not throw. */
export async function writeStatus(
  kube: Pick<KubeClient, 'apply' | 'get'>,
  { object, status }: { readonly object: KubeObject; readonly status: EndpointStatus },
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const { name, namespace = '', uid } = object.metadata;
  try {
    const body = {
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'HTTPEndpoint',
      // With the uid, an object that was made anew under the name is left alone.
      metadata: { name, namespace, uid },
      status,
    };
    const options = { fieldManager, force: true, subresource: 'status', signal } as const;
    return { kind: 'written', object: await kube.apply(httpEndpoints, body, options) };
  } catch (error) {
    if (!(error instanceof LinkError)) return failure(error);
    if (error.status === 404) return absenceOf(kube, object, signal);
    if (error.status === 409) return conflictOf(kube, { object, error }, signal);
    return failure(error);
  }
}

/** 404 means the object or its status: if the object is there, it has no status. */
async function absenceOf(
  kube: Pick<KubeClient, 'get'>,
  object: KubeObject,
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const found = await isThere(kube, object, signal);
  if (typeof found !== 'boolean') return found;
  return found ? { kind: 'unsupported' } : { kind: 'gone' };
}

async function conflictOf(
  kube: Pick<KubeClient, 'get'>,
  { object, error }: { readonly object: KubeObject; readonly error: LinkError },
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const found = await isThere(kube, object, signal);
  if (typeof found !== 'boolean') return found;
  return found ? failure(error) : { kind: 'gone' };
}

async function isThere(
  kube: Pick<KubeClient, 'get'>,
  { metadata: { name, namespace = '', uid } }: KubeObject,
  signal: AbortSignal,
): Promise<boolean | WriteOutcome> {
  try {
    const found = await kube.get(httpEndpoints, { namespace, name }, { signal });
    return found.metadata.uid === uid;
  } catch (error) {
    return error instanceof LinkError && error.status === 404 ? false : failure(error);
  }
}

function failure(error: unknown): WriteOutcome {
  const link = error instanceof LinkError ? error : null;
  const isServerBusy = link !== null && (link.status === 0 || link.status === 429 || link.status >= 500);
  return { kind: 'failed', error, retryAfterMs: link?.retryAfterMs ?? 0, isServerBusy };
}
