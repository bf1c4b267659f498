/** `middleware.http.routeralias` (spec/policy.md §4): other paths for paths. Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { parseRouteMap, type RouteAlias, type RouteMap } from './route-map.ts';
import { SettingsReader } from './settings-reader.ts';

export interface RouteAliasSettings {
  /** As written, in order. */
  readonly routes: readonly RouteAlias[];
}

const maxRoutes = 10_000;

/** `routes` holds all of them; where every item is named as a path is, each is a route, as in Dapr's older form. */
export function parseRouteAliasSettings(settings: readonly MiddlewareSetting[]): ParsedSettings<RouteAliasSettings> {
  const read = new SettingsReader(settings);
  const { routes, mistake } =
    read.names.some((name) => name.startsWith('/')) && !read.has('routes')
      ? olderForm(read)
      : parseRouteMap(read.text('routes', ''));
  if (mistake !== null) read.mistake(`routes ${mistake}`);
  else if (routes.length === 0) read.missing('routes');
  if (routes.length > maxRoutes) read.mistake(`routes holds more than ${maxRoutes} routes`);
  for (const [index, { alias, route }] of routes.slice(0, maxRoutes).entries()) {
    if (!alias.startsWith('/') || !route.startsWith('/')) {
      read.mistake(`route ${index + 1}: alias and path must both begin with a slash`);
    } else if (route.includes('#')) {
      read.mistake(`route ${index + 1}: a path has no fragment (#)`);
    } else if (!alias.split('/').every(isPlainOrVariable)) {
      read.mistake(`route ${index + 1}: a variable is a name in braces, such as {id}, in the place of one segment`);
    }
  }
  return read.finish({ routes });
}

function olderForm(read: SettingsReader): RouteMap {
  const aliases = read.names.filter((name) => name.startsWith('/'));
  return { routes: aliases.map((alias) => ({ alias, route: read.text(alias, '') })), mistake: null };
}

function isPlainOrVariable(segment: string): boolean {
  return !/[{}]/.test(segment) || /^\{\w+\}$/.test(segment);
}
