/**
 * The last step of compile for middleware, done by a proxy whose tables were compiled where nobody knew its environment:
 * settings that name a variable get their value by the same rules, and all of them are checked once more. Pure.
 */
import type { MiddlewareEntry, MiddlewareSetting, Pipelines } from '../table/middleware.ts';
import { noteSettings, refusedBy } from './compile-middleware.ts';
import type { EnvironmentOptions } from './fill-environment-headers.ts';
import type { Finding } from './finding.ts';
import { lookUpValue } from './look-up-value.ts';
import { resolveValue } from './resolve-value.ts';

export interface FilledPipelines {
  readonly pipelines: Pipelines;
  /** Of each Component that had something to fill in. */
  readonly findingsByName: ReadonlyMap<string, readonly Finding[]>;
}

/** Fills in `environmentSettings`; afterwards there are none. A mistake refuses the middleware. Revisions stay as they came. */
export function fillEnvironmentSettings(pipelines: Pipelines, options: EnvironmentOptions): FilledPipelines {
  const findingsByName = new Map<string, readonly Finding[]>();
  const { http, app } = pipelines;
  if (![...http, ...app].some(isIncomplete)) return { pipelines, findingsByName };
  const fill = (entry: MiddlewareEntry): MiddlewareEntry => {
    if (!isIncomplete(entry)) return entry;
    const filled = filledIn(entry, options);
    findingsByName.set(entry.name, filled.findings);
    return filled.entry;
  };
  return { pipelines: { http: http.map(fill), app: app.map(fill) }, findingsByName };
}

type ReadyEntry = Extract<MiddlewareEntry, { state: 'ready' }>;

function isIncomplete(entry: MiddlewareEntry): entry is ReadyEntry {
  return entry.state === 'ready' && entry.environmentSettings.length > 0;
}

function filledIn(
  entry: ReadyEntry,
  { env, allowedEnvNames, fingerprintKey }: EnvironmentOptions,
): { readonly entry: MiddlewareEntry; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const note = (finding: Finding): unknown => findings.push(finding);
  const place = { env, allowedEnvNames, secretScopes: [], storeName: '', findSecret: noSecrets };
  const filled = entry.environmentSettings.flatMap(({ name, variable }): readonly MiddlewareSetting[] => {
    const lookup = lookUpValue({ value: null, envRef: variable, secretKeyRef: null }, place);
    const value = resolveValue(lookup, { field: `setting ${name}`, fingerprintKey, note });
    return value === null ? [] : [{ name, value }];
  });
  const settings = [...entry.settings, ...filled];
  if (!findings.some(isError)) noteSettings(entry.type, settings, note);
  if (!findings.some(isError)) return { entry: { ...entry, settings, environmentSettings: [] }, findings };
  return { entry: { ...refusedBy(findings, entry), revision: entry.revision }, findings };
}

function isError({ severity }: Finding): boolean {
  return severity === 'error';
}

const noSecrets = { kind: 'failed', reason: 'SecretNotFound', message: 'no secret is looked up here' } as const;
