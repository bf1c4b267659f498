/** Which of the proxy's own APIs a request is for; everything else is an invocation (spec/invocation.md §2). */

export type ApiName = 'healthz' | 'healthz-outbound' | 'metadata-get' | 'metadata-put' | 'shutdown' | 'invoke';

const apiByRoute: Readonly<Record<string, ApiName>> = {
  'GET /v1.0/healthz': 'healthz',
  'GET /v1.0/healthz/outbound': 'healthz-outbound',
  'GET /v1.0/metadata': 'metadata-get',
  'POST /v1.0/shutdown': 'shutdown',
};

const ownApi = /^\/+v1\.0\/+(?:healthz|metadata|shutdown)/;
const metadataKey = /^\/v1\.0\/metadata\/([^/]+)$/;

/** Slashes may repeat, and one may trail. */
export function matchApi(method: string, path: string): ApiName {
  if (!ownApi.test(path)) return 'invoke';
  const cleaned = cleanPath(path);
  const api = apiByRoute[`${method} ${cleaned}`];
  if (api !== undefined) return api;
  return method === 'PUT' && metadataKey.test(cleaned) ? 'metadata-put' : 'invoke';
}

/** The key of `PUT /v1.0/metadata/{key}`, still percent-encoded; `''` when there is none. */
export function metadataKeyOf(path: string): string {
  return metadataKey.exec(cleanPath(path))?.[1] ?? '';
}

function cleanPath(path: string): string {
  const collapsed = path.replace(/\/{2,}/g, '/');
  return collapsed.length > 1 && collapsed.endsWith('/') ? collapsed.slice(0, -1) : collapsed;
}
