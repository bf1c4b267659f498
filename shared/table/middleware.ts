/** The pipelines of a Configuration, with the Components that they name, resolved for one audience. */
import type { Sensitive } from './sensitive.ts';

/** The types that are built; every other one is refused by name (spec/policy.md §4). */
export const middlewareTypes = [
  'middleware.http.bearer',
  'middleware.http.oauth2',
  'middleware.http.oauth2clientcredentials',
  'middleware.http.opa',
  'middleware.http.ratelimit',
  'middleware.http.routeralias',
  'middleware.http.routerchecker',
  'middleware.http.uppercase',
] as const;

export type MiddlewareType = (typeof middlewareTypes)[number];

/** One item of a Component's `spec.metadata`, its reference followed. */
export interface MiddlewareSetting {
  /** As written; types read names in any case. */
  readonly name: string;
  readonly value: Sensitive;
}

/** A setting whose value the compiler did not know: the environment of the proxy has it. */
export interface EnvironmentSetting {
  readonly name: string;
  readonly variable: string;
}

export interface ReadyMiddleware {
  readonly state: 'ready';
  /** Of the Component. */
  readonly name: string;
  readonly type: MiddlewareType;
  /** Digest of everything here, values by reference and version. */
  readonly revision: string;
  readonly settings: readonly MiddlewareSetting[];
  /** Filled in by the proxy before it uses the middleware; then there are none left here. */
  readonly environmentSettings: readonly EnvironmentSetting[];
}

/** Named by a pipeline and not usable: whatever it guards is answered with 503 and this reason. */
export interface RefusedMiddleware {
  readonly state: 'refused';
  readonly name: string;
  readonly type: string;
  readonly revision: string;
  /** CamelCase, as in a condition. */
  readonly reason: string;
  readonly message: string;
}

export type MiddlewareEntry = ReadyMiddleware | RefusedMiddleware;

/**
 * The type of a refused entry that stands for a whole Configuration: there is none that could be used, so nobody knows who is to
 * be let in, and no request goes on.
 */
export const configurationType = 'Configuration';

/** Handlers in order, the first one outermost. */
export interface Pipelines {
  /** `httpPipeline`: requests into the API. */
  readonly http: readonly MiddlewareEntry[];
  /** `appHttpPipeline`: calls to the application, to HTTPEndpoints and to URLs. */
  readonly app: readonly MiddlewareEntry[];
}

export const noPipelines: Pipelines = { http: [], app: [] };
