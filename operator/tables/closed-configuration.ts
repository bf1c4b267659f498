/**
 * What holds for proxies whose Configuration is not there, or was broken from the beginning: nobody can know what it was meant to
 * deny. Dapr's sidecar does not start then; here the proxy runs, and refuses until there is one.
 */
import { everyStore } from '#shared/compile/secret-scopes.ts';
import { defaultConfiguration, type Configuration } from '#shared/resources/configuration.ts';

/** Allows an API that does not exist, and so no other; denies every secret. */
export const closedConfiguration: Configuration = {
  ...defaultConfiguration,
  apiAccess: { allowed: [{ name: 'none-while-there-is-no-configuration', version: 'v1.0' }], denied: [] },
  secretScopes: [{ storeName: everyStore, defaultAccess: 'deny', allowedSecrets: [], deniedSecrets: [] }],
};
