/**
 * The paths that a call has for middleware that decides by path. In `httpPipeline` a target may be named in several ways (in
 * the path, in two headers, with its namespace), and a rule for one of them holds for all. Pure.
 */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { checkPath } from '../target/check-path.ts';
import { parseTarget, type Target } from '../target/parse-target.ts';
import type { MiddlewareRequest } from './middleware.ts';

export type CalledRequest = Pick<MiddlewareRequest, 'pipeline' | 'path' | 'headerValues'>;

/** The plainest one first, the one that was sent last. Throws ProxyError `bad-request` for a path that is not sent on. */
export function calledPaths(request: CalledRequest, namespace: string): readonly string[] {
  const target = request.pipeline === 'http' ? targetOf(request) : null;
  if (target === null) return [request.path];
  const suffix = `.${namespace}`;
  const short = target.name.endsWith(suffix) ? target.name.slice(0, -suffix.length) : target.name;
  const rest = checkPath(target.path);
  return [...[short, `${short}${suffix}`].map((name) => `/v1.0/invoke/${name}/method/${rest}`), request.path];
}

/** Null for what is no invocation. */
function targetOf(request: CalledRequest): Target | null {
  const appIds = request.headerValues('dapr-app-id');
  const appId = appIds.length === 0 ? undefined : appIds.join(', ');
  try {
    return parseTarget(request.path, { appId, authorization: request.headerValues('authorization')[0] });
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'target-missing') return null;
    throw error;
  }
}
