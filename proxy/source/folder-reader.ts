/** Everything that a proxy's folders, secrets files and Configuration say at one moment, as a Snapshot. */
import path from 'node:path';
import type { Clock } from '#shared/clock/clock.ts';
import type { Audience, Snapshot } from '#shared/compile/snapshot.ts';
import type { Component } from '#shared/resources/component.ts';
import { assembleSnapshot, resilienciesIn, secretStoreComponents } from './assemble-snapshot.ts';
import { ConfigSource, type ConfigReading } from './config-source.ts';
import { FileCache } from './file-cache.ts';
import type { ManifestFile } from './manifest-file.ts';
import { ManifestSource, type ManifestReading } from './manifest-source.ts';
import type { Resource } from './read-resource.ts';
import { secretsFilePaths } from './secret-stores.ts';
import { SecretsFileSource, type SecretsFileReading } from './secrets-file-source.ts';

export interface FolderReaderOptions {
  readonly resourcesPaths: readonly string[];
  readonly configFiles: readonly string[];
  readonly audience: Audience;
  readonly env: ReadonlyMap<string, string>;
  readonly allowedEnvNames: ReadonlySet<string> | null;
  readonly disableBuiltinKubernetesSecretStore: boolean;
  readonly fingerprintKey: string;
  readonly clock: Clock;
}

export interface FolderReading {
  readonly snapshot: Snapshot;
  /** What is wrong with the files of the Configuration; the snapshot holds the last good one. */
  readonly configMistakes: readonly string[];
  /** Kinds that are not read, each with the first place where it was seen. */
  readonly ignoredKinds: ReadonlyMap<string, string>;
  /** Every path that the reading depends on, apart from the regular files in the folders. */
  readonly paths: readonly string[];
}

interface FolderParts {
  readonly config: ConfigReading;
  readonly manifests: ManifestReading;
  /** The secret stores that this application may use. */
  readonly components: readonly Component[];
  readonly secretsFiles: ReadonlyMap<Component, SecretsFileReading>;
}

/** Reads again when asked to, and only what changed. */
export class FolderReader {
  readonly #options: FolderReaderOptions;
  readonly #cache = new FileCache();
  readonly #manifests: ManifestSource;
  readonly #secretsFiles: SecretsFileSource;
  readonly #config: ConfigSource;
  #former: { readonly parts: readonly unknown[]; readonly reading: FolderReading } | null = null;

  constructor(options: FolderReaderOptions) {
    this.#options = options;
    const { resourcesPaths, audience, fingerprintKey, clock, configFiles, env } = options;
    const cache = this.#cache;
    this.#manifests = new ManifestSource({
      resourcesPaths,
      namespace: audience.namespace,
      fingerprintKey,
      cache,
      clock,
    });
    this.#secretsFiles = new SecretsFileSource(cache);
    this.#config = new ConfigSource({ files: configFiles, env, cache });
  }

  /** `touched`: absolute paths that changed for certain. Resolves to the same object while nothing changed. */
  async read(touched: ReadonlySet<string>): Promise<FolderReading> {
    const { audience } = this.#options;
    const config = await this.#config.read(touched);
    const manifests = await this.#manifests.read(touched);
    const components = secretStoreComponents(audience, resourcesIn(manifests.filesByPath.values()));
    const secretsFiles = new Map<Component, SecretsFileReading>();
    for (const component of components) {
      secretsFiles.set(component, await this.#secretsFiles.read(component, touched));
    }
    this.#cache.endRound();
    this.#secretsFiles.endRound();
    const parts = [
      config,
      ...manifests.filesByPath.values(),
      ...secretsFiles.values(),
      ...manifests.problems.map(({ message }) => message),
    ];
    const former = this.#former;
    if (former?.parts.length === parts.length && parts.every((part, index) => part === former.parts[index])) {
      return former.reading;
    }
    const reading = this.#assemble({ config, manifests, components, secretsFiles });
    this.#former = { parts, reading };
    return reading;
  }

  #assemble({ config, manifests, components, secretsFiles }: FolderParts): FolderReading {
    const { resourcesPaths, configFiles } = this.#options;
    // Files that are something else for certain, although they lie where manifests do.
    const secretsPaths = components.flatMap(secretsFilePaths);
    const others = new Set([...secretsPaths, ...configFiles.map((file) => path.resolve(file))]);
    const files = [...manifests.filesByPath].flatMap(([name, file]) => (others.has(path.resolve(name)) ? [] : [file]));
    const resources = resourcesIn(files);
    const secretsProblems = [...secretsFiles.values()].flatMap(({ problem }) => (problem === null ? [] : [problem]));
    const snapshot = assembleSnapshot({
      ...this.#options,
      resources,
      resiliencies: resilienciesIn(files),
      problems: [...manifests.problems, ...files.flatMap(({ problems }) => problems), ...secretsProblems],
      secretsFile: (component) => secretsFiles.get(component)?.file ?? { state: 'missing', path: '' },
      configuration: config.configuration,
    });
    return {
      snapshot,
      configMistakes: config.mistakes,
      ignoredKinds: ignoredKindsIn(resources),
      paths: [...resourcesPaths, ...manifests.links, ...secretsPaths, ...configFiles],
    };
  }
}

/** What files say now comes before what they said before they broke. */
function resourcesIn(files: Iterable<ManifestFile>): readonly Resource[] {
  const all = [...files];
  return [...all.flatMap(({ resources }) => resources), ...all.flatMap(({ keptResources }) => keptResources)];
}

function ignoredKindsIn(resources: readonly Resource[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const resource of resources) {
    if (resource.kind === 'other' && !places.has(resource.resourceKind)) {
      places.set(resource.resourceKind, resource.location);
    }
  }
  return places;
}
