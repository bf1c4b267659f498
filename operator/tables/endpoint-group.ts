/** The endpoints of one namespace that are for everybody, or those that are for one app: what a set is made of. */
import { digestOf } from '#shared/compile/fingerprint.ts';
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import type { SecretScope } from '#shared/resources/configuration.ts';
import { emptySet, type EndpointSet } from './audience-table.ts';
import { deniedEndpoint } from './denied-endpoint.ts';
import type { EndpointEntry } from './endpoint-entry.ts';

/** What the Configurations of proxies allow of the secrets: those with the same scopes share their sets. */
export interface Variant {
  /** `''`: everything is allowed. */
  readonly key: string;
  readonly secretScopes: readonly SecretScope[];
}

/** Sets that are kept beside the plain one; each can be made again. */
const maxVariants = 64;

export class EndpointGroup {
  readonly #entriesByName = new Map<string, EndpointEntry>();
  /** In order. */
  #names: string[] = [];
  #plain: EndpointSet | null = null;
  readonly #setsByVariant = new Map<string, EndpointSet>();

  get size(): number {
    return this.#entriesByName.size;
  }

  put(entry: EndpointEntry): void {
    if (!this.#entriesByName.has(entry.name)) this.#names.splice(this.#placeOf(entry.name), 0, entry.name);
    this.#entriesByName.set(entry.name, entry);
    this.#forgetSets();
  }

  remove(name: string): void {
    if (!this.#entriesByName.delete(name)) return;
    this.#names.splice(this.#placeOf(name), 1);
    this.#forgetSets();
  }

  /** The set as it is now; the same object until something changes. */
  set(variant: Variant): EndpointSet {
    this.#plain ??= setOf(this.#endpoints());
    if (variant.key === '') return this.#plain;
    const known = this.#setsByVariant.get(variant.key);
    if (known !== undefined) return known;
    const made = this.#setFor(variant, this.#plain);
    if (this.#setsByVariant.size >= maxVariants) this.#setsByVariant.clear();
    this.#setsByVariant.set(variant.key, made);
    return made;
  }

  #setFor({ secretScopes }: Variant, plain: EndpointSet): EndpointSet {
    const endpoints = new Map(plain.endpointsByName);
    let isPlain = true;
    for (const entry of this.#entriesByName.values()) {
      const denied = deniedEndpoint(entry, secretScopes);
      if (denied === null) continue;
      endpoints.set(entry.name, denied);
      isPlain = false;
    }
    return isPlain ? plain : setOf(endpoints);
  }

  #endpoints(): Map<string, Endpoint> {
    const endpoints = new Map<string, Endpoint>();
    for (const name of this.#names) {
      const endpoint = this.#entriesByName.get(name)?.endpoint ?? null;
      if (endpoint !== null) endpoints.set(name, endpoint);
    }
    return endpoints;
  }

  #forgetSets(): void {
    this.#plain = null;
    this.#setsByVariant.clear();
  }

  /** Where a name stands or would stand. */
  #placeOf(name: string): number {
    let from = 0;
    let to = this.#names.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#names[middle] ?? '') < name) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The names are in order, so equal sets have equal digests. No name of Kubernetes holds a line break. */
function setOf(endpointsByName: ReadonlyMap<string, Endpoint>): EndpointSet {
  if (endpointsByName.size === 0) return emptySet;
  let content = '';
  for (const [name, { revision }] of endpointsByName) content += `${name}\n${revision}\n`;
  return { digest: digestOf(content), endpointsByName };
}
