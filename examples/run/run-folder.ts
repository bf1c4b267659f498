/**
 * The folder that a run serves: copies of examples/resources and examples/configuration.yaml with the ports of this run, and the secrets that belong to
 * it. It is git-ignored, named for the proxy's port, and goes when the run ends.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface RunFolder {
  readonly path: string;
  readonly resourcesPath: string;
  readonly configurationPath: string;
  remove(): Promise<void>;
}

export interface RunFolderOptions {
  readonly path: string;
  /** Where `resources/` and `configuration.yaml` are copied from. */
  readonly source: string;
  /** The port that a manifest names, and the one that this run uses for it. */
  readonly portsByManifestPort: ReadonlyMap<number, number>;
  /** Written as `kind: Secret` manifests, one file each. */
  readonly secrets: readonly { readonly name: string; readonly entries: Readonly<Record<string, string>> }[];
  /** Written as the secrets file of the local secret store. */
  readonly fileSecrets: Readonly<Record<string, string>>;
}

/** Writes it afresh. Only the owner can read it: private keys are in there. */
export async function writeRunFolder(options: RunFolderOptions): Promise<RunFolder> {
  const { path } = options;
  const resourcesPath = join(path, 'resources');
  const configurationPath = join(path, 'configuration.yaml');
  const secretsFile = join(path, 'secrets.json');
  await rm(path, { recursive: true, force: true });
  await mkdir(resourcesPath, { recursive: true, mode: 0o700 });
  await writeFile(configurationPath, await readFile(join(options.source, 'configuration.yaml')));
  for (const name of await readdir(join(options.source, 'resources'))) {
    const text = await readFile(join(options.source, 'resources', name), 'utf8');
    const moved = withPorts(text, options.portsByManifestPort).replace('./secrets.json', secretsFile);
    await writeFile(join(resourcesPath, name), moved, { mode: 0o600 });
  }
  for (const { name, entries } of options.secrets) {
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: entries };
    await writeFile(join(resourcesPath, `${name}.yaml`), stringify(manifest), { mode: 0o600 });
  }
  await writeFile(secretsFile, `${JSON.stringify(options.fileSecrets, null, 2)}\n`, { mode: 0o600 });
  return { path, resourcesPath, configurationPath, remove: () => rm(path, { recursive: true, force: true }) };
}

function withPorts(text: string, portsByManifestPort: ReadonlyMap<number, number>): string {
  return text.replace(/(?<=:)\d+\b/g, (digits) => String(portsByManifestPort.get(Number(digits)) ?? digits));
}
