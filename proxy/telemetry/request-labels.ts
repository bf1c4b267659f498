/**
 * The method and path labels of a request, as the Configuration's metrics options say (spec/observability.md §3,
 * Cardinality controls). Bounds nothing: the families do.
 */
import type { Logger } from '#shared/logger/logger.ts';
import type { MetricsOptions } from '#shared/table/endpoint-table.ts';
import { PathMatcher } from './path-matcher.ts';
import { mergeSlashes } from './path-pattern.ts';
import { withoutUserInfo } from './without-user-info.ts';

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE']);
/** Calls that every Dapr application knows; few, so always told apart. */
const keptPaths = new Set(['/dapr/config', '/dapr/metrics', '/dapr/subscribe', '/healthz']);
const invokePath = /^\/v1\.0\/+invoke\/+(.+?)\/method(\/.*)$/;

export interface RequestLabels {
  method(method: string): string;
  path(method: string, path: string): string;
}

/** Makes the functions that label requests; patterns that cannot be used are named in one warning. */
export function requestLabels(options: MetricsOptions, logger: Logger): RequestLabels {
  const matcher = new PathMatcher(options.pathMatching, logger);
  return { method: methodLabel, path: pathLabel };

  function methodLabel(method: string): string {
    if (options.excludeVerbs) return '';
    return knownMethods.has(method) ? method : 'UNKNOWN';
  }

  function pathLabel(method: string, path: string): string {
    if (!matcher.isEmpty) {
      const pattern = matcher.match(method, matchedForm(path));
      if (pattern !== null) return pattern.text;
    }
    const label = mergeSlashes(withoutUserInfo(path));
    return options.increasedCardinality || keptPaths.has(withFirstSlash(label)) ? label : '';
  }
}

/** A URL target holds slashes; a pattern sees one segment in its place, so that it matches those calls too. */
function matchedForm(path: string): string {
  const rooted = withFirstSlash(path).replace(/^\/{2,}/, '/');
  const invoke = invokePath.exec(rooted);
  const target = invoke?.[1] ?? '';
  if (invoke === null || !target.includes('/')) return mergeSlashes(rooted);
  return mergeSlashes(`/v1.0/invoke/${encodeURIComponent(target)}/method${invoke[2] ?? ''}`);
}

function withFirstSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
