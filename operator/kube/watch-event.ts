/** One line of a watch -> what it says. Pure. */
import { recordFrom } from '#shared/resources/read-field.ts';
import type { KubeObject } from './kube-object.ts';
import { recordFromJson, storedObjectFrom } from './read-object.ts';

export type WatchEvent =
  | { readonly type: 'upsert' | 'delete'; readonly object: KubeObject }
  /** Nothing changed up to here. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string }
  /** The server ends the watch with a Status. */
  | { readonly type: 'error'; readonly code: number; readonly reason: string; readonly retryAfterMs: number };

/** `null`: it is no event that we know. */
export function watchEventFrom(line: string): WatchEvent | null {
  const record = recordFromJson(line);
  const value = record?.['object'];
  switch (record?.['type']) {
    case 'ADDED':
    case 'MODIFIED': {
      const object = storedObjectFrom(value);
      return object === null ? null : { type: 'upsert', object };
    }
    case 'DELETED': {
      const object = storedObjectFrom(value);
      return object === null ? null : { type: 'delete', object };
    }
    case 'BOOKMARK': {
      const resourceVersion = recordFrom(recordFrom(value)?.['metadata'])?.['resourceVersion'];
      return typeof resourceVersion === 'string' && resourceVersion !== ''
        ? { type: 'bookmark', resourceVersion }
        : null;
    }
    case 'ERROR':
      return errorFrom(value);
    default:
      return null;
  }
}

function errorFrom(value: unknown): WatchEvent | null {
  const status = recordFrom(value);
  if (status === null) return null;
  const { code, reason } = status;
  const seconds = recordFrom(status['details'])?.['retryAfterSeconds'];
  return {
    type: 'error',
    code: typeof code === 'number' ? code : 500,
    reason: typeof reason === 'string' ? reason.slice(0, 100) : '',
    retryAfterMs: typeof seconds === 'number' && Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0,
  };
}
