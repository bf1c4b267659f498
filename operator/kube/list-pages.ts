/** A complete list, page by page. */
import { LinkError } from '#shared/errors/link-error.ts';
import type { KubeObject } from './kube-object.ts';
import type { ObjectQuery, ObjectSource } from './object-source.ts';

export interface ListPagesOptions {
  readonly source: Pick<ObjectSource, 'listPage'>;
  readonly query: ObjectQuery;
  readonly signal: AbortSignal;
  /** Before each first page: what the pages before it showed may be gone by now, and no watch will say so. */
  readonly onBegin: () => void;
  readonly onPage: (objects: readonly KubeObject[]) => void;
  /** A page failed in a way that may pass; resolves when it is time to ask again. Throws to give up. */
  readonly onFailure: (error: LinkError) => Promise<void>;
}

const firstLimit = 500;
/** How often a list may begin again at once because its pages expired: then it counts as a failure. */
const maxRestarts = 3;

/**
 * Resolves with the resourceVersion of the list; a page that is too large is asked for in smaller parts, one that fails is asked for again,
 * and a list that expires meanwhile (410) begins again.
 * Throws what `onFailure` throws.
 */
export async function listPages(options: ListPagesOptions): Promise<string> {
  const { source, query, signal, onBegin, onPage, onFailure } = options;
  let continueToken = '';
  let limit = firstLimit;
  let restarts = 0;
  for (;;) {
    try {
      const page = await source.listPage(query, { limit, continueToken, signal });
      if (page.state === 'too-large') {
        limit = smaller(limit, query);
        continue;
      }
      if (continueToken === '') onBegin();
      onPage(page.objects);
      if (page.continueToken === '') return page.resourceVersion;
      continueToken = page.continueToken;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const isExpired = error.status === 410;
      if (isExpired) continueToken = '';
      if (isExpired && restarts < maxRestarts) restarts += 1;
      else await onFailure(error);
    }
  }
}

function smaller(limit: number, { type }: ObjectQuery): number {
  if (limit > 1) return Math.ceil(limit / 8);
  throw new LinkError(`list ${type.plural}: one object is larger than the operator takes`, {
    kind: 'transient',
    status: 0,
    retryAfterMs: 0,
  });
}
