/**
 * What holds for proxies whose Configuration is not there, or was broken from the beginning: nobody can know what it was meant to
 * deny. Dapr's sidecar does not start then; here the proxy runs, and refuses until there is one.
 */
import { refusedMiddleware } from '#shared/compile/compile-middleware.ts';
import { everyStore } from '#shared/compile/secret-scopes.ts';
import { defaultConfiguration, type Configuration } from '#shared/resources/configuration.ts';
import { configurationType, type Pipelines } from '#shared/table/middleware.ts';
import type { ProxyAudience } from './audience-table.ts';

/** Allows an API that does not exist, and so no other; denies every secret. */
export const closedConfiguration: Configuration = {
  ...defaultConfiguration,
  apiAccess: { allowed: [{ name: 'none-while-there-is-no-configuration', version: 'v1.0' }], denied: [] },
  secretScopes: [{ storeName: everyStore, defaultAccess: 'deny', allowedSecrets: [], deniedSecrets: [] }],
};

/** Why it holds. */
export type Closure = 'missing' | 'broken' | 'bug';

const reasons = { missing: 'ConfigurationNotFound', broken: 'InvalidConfiguration', bug: 'InternalError' } as const;

/** What tells callers, and the log of the proxy, why nothing is allowed: health apart, no request comes further. */
export function closedPipelines({ namespace, configuration: name }: ProxyAudience, why: Closure): Pipelines {
  const key = `${namespace}/${name}`;
  const messages = {
    missing: `there is no Configuration ${key}; nothing is allowed until there is one`,
    broken: `Configuration ${key} has mistakes, which its Events name; nothing is allowed until they are mended`,
    bug: 'the operator could not make the options of this app because of a bug; nothing is allowed until it can',
  };
  const named = { name: name === '' ? 'default' : name, type: configurationType };
  return { http: [refusedMiddleware(named, { reason: reasons[why], message: messages[why] })], app: [] };
}
