/** Joins a target's base URL with the path and query of a call. */
import type { BaseUrl } from '#shared/table/endpoint-table.ts';

/** What the caller wants below the base. */
export interface CallPath {
  /** Checked by checkPath, raw, without its first slash; `''` calls the base itself. */
  readonly path: string;
  /** Raw, with its `?`, or `''`. */
  readonly search: string;
}

/**
 * The request target to send, in origin form: exactly one slash between base and path, the base's query before the
 * caller's. An empty path adds no slash (spec/invocation.md §4).
 */
export function joinPath(base: Pick<BaseUrl, 'path' | 'query'>, call: CallPath): string {
  const path = call.path === '' ? base.path || '/' : `${withoutLastSlash(base.path)}/${call.path}`;
  if (base.query === '') return path + call.search;
  return `${path}?${base.query}${call.search.length > 1 ? `&${call.search.slice(1)}` : ''}`;
}

function withoutLastSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
