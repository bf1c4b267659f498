/** Cross-origin requests of browsers (`--allowed-origins`, spec/policy.md §5; Fetch §3.2). */

export interface CorsRequest {
  readonly method: string;
  readonly origin: string | undefined;
  readonly requestMethod: string | undefined;
  readonly requestHeaders: string | undefined;
}

export interface CorsDecision {
  /** A preflight is answered here, with 200 and these headers. */
  readonly isPreflight: boolean;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

const allowedMethods = new Set(['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What to tell a browser. Requests without Origin are no business of CORS. */
export function decideCors(request: CorsRequest, allowedOrigins: readonly string[]): CorsDecision {
  if (allowedOrigins.length === 0 || request.origin === undefined) return { isPreflight: false, headers: [] };
  const isPreflight = request.method === 'OPTIONS' && request.requestMethod !== undefined;
  const vary = isPreflight
    ? ['Vary', 'Origin', 'Vary', 'Access-Control-Request-Method', 'Vary', 'Access-Control-Request-Headers']
    : ['Vary', 'Origin'];
  const { origin } = request;
  const allowsAll = allowedOrigins.includes('*');
  if (!allowsAll && !allowedOrigins.some((allowed) => matchesOrigin(allowed, origin)))
    return { isPreflight, headers: vary };
  const allowOrigin = ['Access-Control-Allow-Origin', allowsAll ? '*' : origin];
  if (!isPreflight) return { isPreflight, headers: [...vary, ...allowOrigin] };
  const method = request.requestMethod?.toUpperCase() ?? '';
  if (!allowedMethods.has(method)) return { isPreflight, headers: vary };
  const allowHeaders =
    request.requestHeaders === undefined || request.requestHeaders === ''
      ? []
      : ['Access-Control-Allow-Headers', request.requestHeaders];
  return { isPreflight, headers: [...vary, ...allowOrigin, 'Access-Control-Allow-Methods', method, ...allowHeaders] };
}

/** Case does not matter; one `*` stands for any text (`https://*.example.com`). */
function matchesOrigin(allowed: string, origin: string): boolean {
  const [prefix = '', suffix] = allowed.toLowerCase().split('*');
  const lower = origin.toLowerCase();
  if (suffix === undefined) return lower === prefix;
  return lower.length >= prefix.length + suffix.length && lower.startsWith(prefix) && lower.endsWith(suffix);
}
