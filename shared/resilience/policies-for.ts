/** Which entry of `spec.targets.apps` holds for a call. On the request path: everything is looked up, nothing is searched. Pure. */
import type { Resilience, TargetPolicies } from '../table/resilience.ts';
import { parseTargetKey } from './target-key.ts';

export interface PolicyMatch {
  /** The key of the entry; `''` for the default policies. */
  readonly key: string;
  readonly policies: TargetPolicies;
}

/** The targets of one table, arranged for lookups. */
export interface TargetIndex {
  readonly byKey: ReadonlyMap<string, PolicyMatch>;
  readonly byOrigin: ReadonlyMap<string, PolicyMatch>;
  /** By the host after `*.`, then by what `placeOf` makes of scheme and port. */
  readonly patternsBySuffix: ReadonlyMap<string, ReadonlyMap<string, PolicyMatch>>;
  readonly defaults: PolicyMatch;
}

/** Builds the index; once for each table. */
export function indexTargets({ targets, defaults }: Resilience): TargetIndex {
  const byKey = new Map<string, PolicyMatch>();
  const byOrigin = new Map<string, PolicyMatch>();
  const patternsBySuffix = new Map<string, Map<string, PolicyMatch>>();
  for (const { key, policies } of targets) {
    const match = { key, policies };
    byKey.set(key, match);
    const parsed = parseTargetKey(key);
    if (parsed.kind === 'origin') byOrigin.set(withoutRootDot(parsed.origin), match);
    if (parsed.kind !== 'pattern') continue;
    const { scheme, port } = parsed;
    const suffix = withoutRootDot(parsed.suffix);
    const patterns = patternsBySuffix.get(suffix) ?? new Map<string, PolicyMatch>();
    patternsBySuffix.set(suffix, patterns.set(placeOf(scheme, port), match));
  }
  return { byKey, byOrigin, patternsBySuffix, defaults: { key: '', policies: defaults } };
}

/** For an HTTPEndpoint, by its own name. */
export function policiesForEndpoint(index: TargetIndex, name: string, ownNamespace: string): PolicyMatch {
  return index.byKey.get(name) ?? index.byKey.get(`${name}.${ownNamespace}`) ?? index.defaults;
}

/** For an application: the text as typed, then the same with the own namespace added or left out. */
export function policiesForApp(index: TargetIndex, text: string, ownNamespace: string): PolicyMatch {
  const exact = index.byKey.get(text);
  if (exact !== undefined) return exact;
  const ending = `.${ownNamespace}`;
  const other = text.endsWith(ending) ? text.slice(0, -ending.length) : `${text}${ending}`;
  return index.byKey.get(other) ?? index.defaults;
}

/** For a URL: the text as typed, its `origin` in canonical form, then the pattern with the longest suffix. */
export function policiesForUrl(index: TargetIndex, text: string, origin: string): PolicyMatch {
  const exact = index.byKey.get(text);
  if (exact !== undefined) return exact;
  const place = withoutRootDot(origin);
  return index.byOrigin.get(place) ?? matchingPattern(index, place) ?? index.defaults;
}

function matchingPattern({ patternsBySuffix }: TargetIndex, origin: string): PolicyMatch | null {
  if (patternsBySuffix.size === 0) return null;
  const hostAt = origin.indexOf('://') + 3;
  const colonAt = origin.indexOf(':', hostAt);
  const scheme = origin.slice(0, hostAt - 3);
  const host = colonAt === -1 ? origin.slice(hostAt) : origin.slice(hostAt, colonAt);
  const port = colonAt === -1 ? '' : origin.slice(colonAt + 1);
  // An IPv6 address is cut at its first colon, and holds no dot before it.
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const patterns = patternsBySuffix.get(host.slice(dot + 1));
    if (patterns === undefined) continue;
    const anyScheme = placeOf('', port === '' ? (defaultPorts[scheme] ?? '') : port);
    const found = patterns.get(placeOf(scheme, port)) ?? patterns.get(anyScheme) ?? patterns.get(placeOf('', ''));
    if (found !== undefined) return found;
  }
  return null;
}

/** `api.example.com.` is the host `api.example.com`, said to be complete (RFC 1034 §3.1). */
function withoutRootDot(origin: string): string {
  return origin.endsWith('.') || origin.includes('.:') ? origin.replace(/\.(?=(?::\d+)?$)/, '') : origin;
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** `''` for a scheme or a port that does not matter. */
function placeOf(scheme: string, port: string): string {
  return `${scheme}:${port}`;
}
