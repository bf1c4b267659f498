/** One server-side apply of the status of an object, and what became of it. */
import { LinkError } from '#shared/errors/link-error.ts';
import type { Discovery, KubeClient } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { askStatusSupport } from './ask-status-support.ts';
import type { ObjectStatus } from './condition.ts';
import type { StatusKind } from './status-kind.ts';

/** Who owns the fields of status (`kubectl get --show-managed-fields`). */
const fieldManager = 'farpoint-operator';

export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: KubeObject }
  /** The object is not there any more, or not what it was: what the status follows from is old. */
  | { readonly kind: 'outdated' }
  /** The CRD has no status subresource. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryAfterMs: number; readonly isServerBusy: boolean };

export interface StatusWrite {
  readonly of: Pick<StatusKind, 'type' | 'kind'>;
  readonly object: KubeObject;
  readonly status: ObjectStatus;
}

/** Writes the status of exactly this version of the object. Does not throw. */
export async function writeStatus(
  kube: Pick<KubeClient, 'apply'> & Discovery,
  { of: { type, kind }, object, status }: StatusWrite,
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const { name, namespace = '', resourceVersion } = object.metadata;
  const { proxies, ...withoutProxies } = status;
  try {
    const body = {
      apiVersion: `${type.group}/${type.version}`,
      kind,
      // The API server does not look at a uid here: only so is an object left alone that was made anew under the name (409).
      metadata: { name, namespace, resourceVersion },
      status: proxies === '' ? withoutProxies : status,
    };
    const options = { fieldManager, force: true, subresource: 'status', signal } as const;
    return { kind: 'written', object: await kube.apply(type, body, options) };
  } catch (error) {
    const link = error instanceof LinkError ? error : null;
    if (link?.status === 409) return { kind: 'outdated' };
    if (link?.status === 404) {
      // The object is not there, or its status.
      const support = await askStatusSupport(kube, type, signal);
      return { kind: support === 'unsupported' ? 'unsupported' : 'outdated' };
    }
    const isServerBusy = link !== null && (link.status === 0 || link.status === 429 || link.status >= 500);
    return { kind: 'failed', error, retryAfterMs: link?.retryAfterMs ?? 0, isServerBusy };
  }
}
