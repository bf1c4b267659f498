/** The resources of a folder, the files that they lead to and the Configuration -> one Snapshot. Pure. */
import { isForAudience } from '#shared/compile/is-for-audience.ts';
import type { Audience, Snapshot } from '#shared/compile/snapshot.ts';
import type { Problem } from '#shared/errors/problem.ts';
import { isMiddleware, type Component } from '#shared/resources/component.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import type { Resiliency } from '#shared/resources/resiliency.ts';
import type { ManifestFile } from './manifest-file.ts';
import type { Resource } from './read-resource.ts';
import { buildStores, builtinStoreName, isSecretStore, type SecretsFile } from './secret-stores.ts';

export interface SnapshotParts {
  /** In the order that decides between resources of one name. */
  readonly resources: readonly Resource[];
  /** In the order of `resilienciesIn`. */
  readonly resiliencies: readonly Resiliency[];
  readonly problems: readonly Problem[];
  readonly audience: Audience;
  readonly secretsFile: (component: Component) => SecretsFile;
  readonly env: ReadonlyMap<string, string>;
  readonly allowedEnvNames: ReadonlySet<string> | null;
  readonly disableBuiltinKubernetesSecretStore: boolean;
  readonly configuration: Configuration;
  readonly fingerprintKey: string;
}

/** Puts the snapshot together. Broken resources add their problems; the first of a name counts. */
export function assembleSnapshot(parts: SnapshotParts): Snapshot {
  const { resources, audience, secretsFile, env, fingerprintKey } = parts;
  const stores = buildStores({
    secrets: resources.flatMap((resource) => (resource.kind === 'secret' ? [resource.secret] : [])),
    components: secretStoreComponents(audience, resources),
    secretsFile,
    env,
    fingerprintKey,
    hasBuiltinStore: !parts.disableBuiltinKubernetesSecretStore,
    deniedComponents: parts.configuration.deniedComponents,
  });
  return {
    endpoints: resources.flatMap((resource) => (resource.kind === 'endpoint' ? [resource.endpoint] : [])),
    invalidEndpoints: resources.flatMap((resource) =>
      resource.kind === 'invalid-endpoint' ? [resource.endpoint] : [],
    ),
    resiliencies: parts.resiliencies,
    middleware: resources.flatMap((resource) =>
      resource.kind === 'component' && isMiddleware(resource.component) ? [resource.component] : [],
    ),
    problems: [...parts.problems, ...stores.problems],
    secretStoresByName: stores.secretStoresByName,
    // Dapr has no default outside a cluster; the same manifests are to work here and there.
    defaultSecretStore: builtinStoreName,
    env,
    allowedEnvNames: parts.allowedEnvNames,
    configuration: parts.configuration,
    fingerprintKey,
  };
}

/** Every Resiliency, in order of file: what is kept of a file that broke stands where the file does. */
export function resilienciesIn(files: Iterable<ManifestFile>): readonly Resiliency[] {
  return [...files].flatMap(({ resources, keptResources }) =>
    [...keptResources, ...resources].flatMap((resource) =>
      resource.kind === 'resiliency' ? [resource.resiliency] : [],
    ),
  );
}

/** The secret stores that this application may use. */
export function secretStoreComponents(audience: Audience, resources: readonly Resource[]): readonly Component[] {
  return resources.flatMap((resource) => {
    if (resource.kind !== 'component' || !isSecretStore(resource.component)) return [];
    return isForAudience(audience, resource.component) ? [resource.component] : [];
  });
}
