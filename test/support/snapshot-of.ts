/** Manifests as text -> the snapshot that a folder source would make of them, without any file. */
import type { Snapshot } from '#shared/compile/snapshot.ts';
import { defaultConfiguration, type Configuration } from '#shared/resources/configuration.ts';
import { assembleSnapshot, resilienciesIn } from '../../proxy/source/assemble-snapshot.ts';
import {
  documentsByText,
  emptyManifestFile,
  manifestFileFrom,
  rereadDocument,
  type ManifestFile,
} from '../../proxy/source/manifest-file.ts';
import { readResiliency } from '../../proxy/source/read-resiliency.ts';
import { splitDocuments } from '../../proxy/source/split-documents.ts';

export interface SnapshotOptions {
  readonly appId?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly fingerprintKey?: string;
  /** Without it, the default one. */
  readonly configuration?: Partial<Configuration>;
}

/** Reads a file as the source does, given what the file was before. */
export function manifestFileOf(text: string, former: ManifestFile = emptyManifestFile): ManifestFile {
  const known = documentsByText(former);
  const options = { file: 'all.yaml', namespace: '', fingerprintKey: 'test' };
  return manifestFileFrom(
    splitDocuments(text).map((part) => readResiliency(rereadDocument(part, known, options))),
    former,
  );
}

/** The snapshot of one file. */
export function snapshotOf(file: ManifestFile | string, options: SnapshotOptions = {}): Snapshot {
  const { appId = 'orders', env = {}, fingerprintKey = 'test', configuration = {} } = options;
  const manifestFile = typeof file === 'string' ? manifestFileOf(file) : file;
  return assembleSnapshot({
    resources: [...manifestFile.resources, ...manifestFile.keptResources],
    resiliencies: resilienciesIn([manifestFile]),
    problems: manifestFile.problems,
    audience: { appId, namespace: '' },
    secretsFile: () => ({ state: 'missing', path: 'secrets.json' }),
    env: new Map(Object.entries(env)),
    allowedEnvNames: null,
    disableBuiltinKubernetesSecretStore: false,
    configuration: { ...defaultConfiguration, ...configuration },
    fingerprintKey,
  });
}
