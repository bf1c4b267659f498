/** Secret manifests, secret store components and the files that those name -> the stores of a snapshot. Pure. */
import path from 'node:path';
import { fingerprint } from '#shared/compile/fingerprint.ts';
import { denialOf, isDenied } from '#shared/compile/is-denied.ts';
import type { SecretStore } from '#shared/compile/snapshot.ts';
import type { Problem } from '#shared/errors/problem.ts';
import type { Component } from '#shared/resources/component.ts';
import { byteString } from '#shared/resources/secret.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import { parseLocalFileSecrets } from './local-file-secrets.ts';
import type { StoredSecret } from './read-resource.ts';

/** The store over Secret manifests, where no component says otherwise (spec/httpendpoint.md §5). */
export const builtinStoreName = 'kubernetes';
const builtinStoreType = 'secretstores.kubernetes';

/** A secrets file as it was read. */
export type SecretsFile =
  | { readonly state: 'text'; readonly path: string; readonly text: string }
  | { readonly state: 'missing'; readonly path: string }
  | { readonly state: 'unreadable'; readonly path: string; readonly mistake: string };

export interface StoreInputs {
  readonly secrets: readonly StoredSecret[];
  /** Those that this application may use. */
  readonly components: readonly Component[];
  readonly secretsFile: (component: Component) => SecretsFile;
  readonly env: ReadonlyMap<string, string>;
  readonly fingerprintKey: string;
  readonly hasBuiltinStore: boolean;
  /** `spec.components.deny` of the Configuration. */
  readonly deniedComponents: readonly string[];
}

export interface Stores {
  readonly secretStoresByName: ReadonlyMap<string, SecretStore>;
  readonly problems: readonly Problem[];
}

/** Builds every store. Two that claim one name: the first counts, the other is a problem. */
export function buildStores(inputs: StoreInputs): Stores {
  const problems: Problem[] = [];
  const storesByName = new Map<string, SecretStore>();
  const manifests = manifestStore(inputs.secrets, problems);
  const taken = new Map<string, string>();
  for (const component of inputs.components) {
    const { name, subject } = component;
    const location = taken.get(name);
    if (location === undefined) {
      taken.set(name, subject.location);
      storesByName.set(name, storeFrom(component, { inputs, manifests, problems }));
    } else {
      const message = `there is another Component ${name} in ${location}, which is used; this one is not`;
      problems.push({ subject, reason: 'DuplicateName', message, severity: 'error' });
    }
  }
  if (inputs.hasBuiltinStore && !storesByName.has(builtinStoreName)) {
    const isOff = isDenied({ type: builtinStoreType, version: 'v1' }, inputs.deniedComponents);
    storesByName.set(builtinStoreName, isOff ? failedStore(denialOf(builtinStoreType)) : manifests);
  }
  return { secretStoresByName: storesByName, problems };
}

/** Whether a component is a secret store of a type that is read here. */
export function isSecretStore({ type }: Component): boolean {
  return ['secretstores.local.file', 'secretstores.local.env', 'secretstores.kubernetes'].includes(type);
}

/**
 * Where `secretsFile` may be, best first: below the working directory, as for Dapr, or beside the manifest.
 * Empty for other components.
 */
export function secretsFilePaths(component: Component): readonly string[] {
  const file = component.metadataByName.get('secretsfile') ?? '';
  if (component.type !== 'secretstores.local.file' || file === '') return [];
  const manifest = component.subject.location.replace(/:\d+$/, '');
  return [...new Set([path.resolve(file), path.resolve(path.dirname(manifest), file)])];
}

interface StoreContext {
  readonly inputs: StoreInputs;
  readonly manifests: SecretStore;
  readonly problems: Problem[];
}

function storeFrom(component: Component, { inputs, manifests, problems }: StoreContext): SecretStore {
  if (isDenied(component, inputs.deniedComponents)) {
    const message = denialOf(component.type);
    problems.push({ subject: component.subject, reason: 'ComponentDenied', message, severity: 'error' });
    return failedStore(message);
  }
  if (component.type === 'secretstores.kubernetes') return manifests;
  const secrets =
    component.type === 'secretstores.local.env' ? envSecrets(component, inputs) : fileSecrets(component, inputs);
  if (typeof secrets === 'string') {
    problems.push({ subject: component.subject, reason: 'SecretStoreFailed', message: secrets, severity: 'error' });
    return failedStore(secrets);
  }
  const secretsByName = new Map<string, ReadonlyMap<string, Sensitive>>();
  for (const [name, textsByKey] of secrets) {
    const values = [...textsByKey].map(([key, text]) => {
      const ref = `secret ${component.name}/${name}/${key}`;
      const version = fingerprint(inputs.fingerprintKey, { ref, value: text });
      return [key, new Sensitive(byteString(text), { ref, version })] as const;
    });
    secretsByName.set(name, new Map(values));
  }
  return { namespaced: false, secretsByName, failure: null };
}

function failedStore(failure: string): SecretStore {
  return { namespaced: false, secretsByName: new Map(), failure };
}

type Texts = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Every variable is a secret with one key, its own name. Dapr keeps the same ones back. */
function envSecrets({ metadataByName }: Component, { env }: StoreInputs): Texts {
  const prefix = metadataByName.get('prefix') ?? '';
  const secrets = new Map<string, ReadonlyMap<string, string>>();
  for (const [variable, value] of env) {
    const upper = variable.toUpperCase();
    if (!variable.startsWith(prefix) || upper === 'APP_API_TOKEN' || upper.startsWith('DAPR_')) continue;
    const name = variable.slice(prefix.length);
    secrets.set(name, new Map([[name, value]]));
  }
  return secrets;
}

function fileSecrets(component: Component, { secretsFile }: StoreInputs): Texts | string {
  const { metadataByName } = component;
  if (secretsFilePaths(component).length === 0) return 'spec.metadata has no secretsFile';
  const file = secretsFile(component);
  if (file.state === 'missing') return `there is no file ${file.path}`;
  if (file.state === 'unreadable') return `${file.path} ${file.mistake}`;
  const { secretsByName, mistake } = parseLocalFileSecrets(file.text, {
    nestedSeparator: metadataByName.get('nestedseparator') || ':',
    multiValued: /^(?:true|t|1)$/i.test(metadataByName.get('multivalued') ?? ''),
  });
  return secretsByName ?? `${file.path}: ${mistake}`;
}

function manifestStore(secrets: readonly StoredSecret[], problems: Problem[]): SecretStore {
  const secretsByName = new Map<string, ReadonlyMap<string, Sensitive>>();
  const locations = new Map<string, string>();
  for (const { fullName, subject, valuesByKey } of secrets) {
    const location = locations.get(fullName);
    if (location === undefined) {
      locations.set(fullName, subject.location);
      secretsByName.set(fullName, valuesByKey);
    } else {
      const message = `there is another Secret ${fullName} in ${location}, which is used; this one is not`;
      problems.push({ subject, reason: 'DuplicateName', message, severity: 'error' });
    }
  }
  return { namespaced: true, secretsByName, failure: null };
}
