/** `middleware.http.routeralias`: another path for a path; its variables become query parameters (spec/policy.md §4). */
import { parseRouteAliasSettings } from '#shared/middleware/route-alias-settings.ts';
import type { ReadyMiddleware } from '#shared/table/middleware.ts';
import type { Middleware } from '../middleware.ts';
import { usableSettings } from '../usable-settings.ts';
import { RouteTree, type MatchedRoute } from './route-tree.ts';

export async function createRouteralias(entry: ReadyMiddleware): Promise<Middleware> {
  const tree = new RouteTree(usableSettings(parseRouteAliasSettings(entry.settings)).routes);
  return {
    handle: (request) => {
      const match = tree.match(request.path);
      if (match !== null) request.setTarget(...targetOf(match, request.search));
      return null;
    },
    close: () => undefined,
  };
}

/** The route's own query, then the caller's as it was sent, then the variables. */
function targetOf({ route, variables }: MatchedRoute, search: string): [path: string, search: string] {
  const mark = route.indexOf('?');
  const path = mark === -1 ? route : route.slice(0, mark);
  const own = mark === -1 ? '' : route.slice(mark + 1);
  const named = variables.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const query = [own, search.slice(1), ...named].filter((part) => part !== '').join('&');
  return [path, query === '' ? '' : `?${query}`];
}
