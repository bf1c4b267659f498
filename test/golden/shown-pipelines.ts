/** Pipelines as golden outputs show them: secrets revealed, TLS material by name; nothing where there are no handlers. */
import type { MiddlewareEntry, Pipelines } from '#shared/table/middleware.ts';
import { materialName } from './tls-material.ts';

/** Revisions are left out, as those of endpoints are. */
export function shownPipelines({ http, app }: Pipelines, material: ReadonlyMap<string, string>): object {
  if (http.length + app.length === 0) return {};
  const shown = (entry: MiddlewareEntry): object => shownEntry(entry, material);
  return { pipelines: { http: http.map(shown), app: app.map(shown) } };
}

function shownEntry(entry: MiddlewareEntry, material: ReadonlyMap<string, string>): object {
  const { revision: _revision, ...rest } = entry;
  if (rest.state === 'refused') return rest;
  const { state, name, type, settings, environmentSettings } = rest;
  return {
    state,
    name,
    type,
    settings: settings.map((setting) => {
      const { value } = setting;
      return { name: setting.name, from: value.ref, value: materialName(value.reveal(), material) };
    }),
    ...(environmentSettings.length === 0 ? {} : { environmentSettings }),
  };
}
