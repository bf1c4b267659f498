/** Which requests a middleware with a `pathFilter` looks at. Pure. */
import { calledPaths, type CalledRequest } from './called-paths.ts';
import { pathForms } from './path-forms.ts';

export interface PathFilter {
  /** Null: all. */
  readonly pattern: RegExp | null;
  /** Of the proxy. */
  readonly namespace: string;
}

/**
 * Whether the filter matches the path in any form that a server may read, or that names the same target. A filter decides who
 * must log in, and no spelling goes round it.
 */
export function isFiltered(request: CalledRequest, { pattern, namespace }: PathFilter): boolean {
  if (pattern === null || pattern.test(request.path)) return true;
  try {
    return calledPaths(request, namespace)
      .flatMap(pathForms)
      .some((form) => pattern.test(form));
  } catch {
    // No path that the proxy sends on.
    return true;
  }
}
