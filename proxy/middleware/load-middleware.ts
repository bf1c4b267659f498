/** Which module makes the middleware of a type. Each is loaded when a pipeline first names its type. */
import type { MiddlewareType } from '#shared/table/middleware.ts';
import type { CreateMiddleware } from './middleware.ts';

type Load = () => Promise<CreateMiddleware>;

const loadByType: Record<MiddlewareType, Load> = {
  'middleware.http.bearer': async () => (await import('./bearer/create-bearer.ts')).createBearer,
  'middleware.http.oauth2': async () => (await import('./oauth2/create-oauth2.ts')).createOauth2,
  'middleware.http.oauth2clientcredentials': async () =>
    (await import('./oauth2clientcredentials/create-oauth2clientcredentials.ts')).createOauth2clientcredentials,
  'middleware.http.opa': async () => (await import('./opa/create-opa.ts')).createOpa,
  'middleware.http.ratelimit': async () => (await import('./ratelimit/create-ratelimit.ts')).createRatelimit,
  'middleware.http.routeralias': async () => (await import('./routeralias/create-routeralias.ts')).createRouteralias,
  'middleware.http.routerchecker': async () =>
    (await import('./routerchecker/create-routerchecker.ts')).createRouterchecker,
  'middleware.http.uppercase': async () => (await import('./uppercase/create-uppercase.ts')).createUppercase,
};

/** The function that makes one of this type. */
export function loadMiddleware(type: MiddlewareType): Promise<CreateMiddleware> {
  return loadByType[type]();
}
