/**
 * Whom a request is for, and with which path: the path form, the `dapr-app-id` header and the
 * `http://dapr-app-id:<id>@localhost` form (spec/invocation.md §3). Works on the raw path, once.
 */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { splitRequestUrl } from './split-request-url.ts';

/** What the caller asked for, as text; nothing is looked up yet. */
export interface Target {
  /** HTTPEndpoint name, URL or app id, percent-decoded once unless it is a URL written out. */
  readonly name: string;
  /** The path to call below the target's base, raw, without its first slash. */
  readonly path: string;
  /** Raw, with its `?`. */
  readonly search: string;
  /** Whether the Authorization header carries a target, this one or not; it is then not forwarded. */
  readonly fromAuthorization: boolean;
}

/** The two headers that can carry a target. */
export interface TargetHeaders {
  readonly appId: string | undefined;
  readonly authorization: string | undefined;
}

/** Lower case only, as Dapr has it: `HTTP://host` is an app id (spec/invocation.md §3). */
const urlScheme = /^https?:\/\//;
const invokePrefix = /^\/+v1\.0\/+invoke\/+/;
const methodMarker = '/method/';

/** Finds the target of a request. Throws ProxyError `target-missing` or `bad-request`. */
export function parseTarget(url: string, headers: TargetHeaders): Target {
  const { path, search } = splitRequestUrl(url);
  const pseudoUser = targetFromAuthorization(headers.authorization);
  if (headers.appId !== undefined && headers.appId !== '') {
    return { name: headers.appId, path: path.slice(1), search, fromAuthorization: pseudoUser !== null };
  }
  if (pseudoUser !== null) return { name: pseudoUser, path: path.slice(1), search, fromAuthorization: true };
  const parts = targetFromPath(path);
  if (parts === null) {
    throw new ProxyError('target-missing', 'failed getting app id either from the URL path or the header dapr-app-id');
  }
  return { ...parts, search, fromAuthorization: false };
}

/** Whether a request names its target in a header, and so is an invocation whatever its path. */
export function hasTargetHeader(headers: TargetHeaders): boolean {
  return (
    (headers.appId !== undefined && headers.appId !== '') || targetFromAuthorization(headers.authorization) !== null
  );
}

/** Whether this text is a URL rather than a name. */
export function isUrlTarget(name: string): boolean {
  return urlScheme.test(name);
}

function targetFromPath(path: string): { name: string; path: string } | null {
  const prefix = invokePrefix.exec(path);
  if (prefix === null) return null;
  const rest = path.slice(prefix[0].length);
  const marker = rest.indexOf(methodMarker);
  if (marker < 1) return null;
  return { name: decodeTargetName(rest.slice(0, marker)), path: rest.slice(marker + methodMarker.length) };
}

/** A URL written out keeps its own escapes; anything else (a name, or a URL escaped as a whole) is decoded once. */
function decodeTargetName(raw: string): string {
  if (urlScheme.test(raw) || !raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new ProxyError('bad-request', 'the target in the URL holds a percent sign that begins no valid escape');
  }
}

/** Only the exact pseudo-user `dapr-app-id` counts; every other Authorization is the caller's own. */
function targetFromAuthorization(authorization: string | undefined): string | null {
  if (authorization === undefined || !authorization.startsWith('Basic ')) return null;
  const [user, target, ...rest] = Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':');
  if (user?.toLowerCase() !== 'dapr-app-id' || target === undefined || target === '' || rest.length > 0) return null;
  return target;
}
