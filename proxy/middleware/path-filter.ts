/** Which requests a middleware with a `pathFilter` looks at. Pure. */
import { checkPath } from '../target/check-path.ts';

/**
 * Whether the filter matches the path in any form that a server may read: as sent, with dot segments resolved, decoded, with
 * slashes in a row as one. A filter decides who must log in, and no spelling of a path goes round it.
 */
export function isFiltered(path: string, filter: RegExp | null): boolean {
  if (filter === null || filter.test(path)) return true;
  try {
    const resolved = checkPath(path);
    const decoded = decodeURIComponent(resolved);
    return [resolved, decoded, decoded.replaceAll(/[/\\]+/g, '/')].some((form) => filter.test(form));
  } catch {
    // No path that the proxy sends on.
    return true;
  }
}
