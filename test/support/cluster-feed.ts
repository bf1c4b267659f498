/**
 * A TableFeed that a test writes to as kubectl would: apply and delete objects. It counts generations, and marks what changed in
 * every TableBook that follows it.
 */
import { fingerprint } from '#shared/compile/fingerprint.ts';
import { parseComponent } from '#shared/resources/component.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import { parseHttpEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import { parseResiliency } from '#shared/resources/parse-resiliency.ts';
import { stringsFrom } from '#shared/resources/read-field.ts';
import { parseSecret } from '#shared/resources/secret.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import type { TableBook } from '../../operator/tables/table-book.ts';
import type {
  SecretReading,
  SecretStoreKind,
  StoredEndpoint,
  StoredConfiguration,
  StoredMiddleware,
  StoredResiliency,
  StoredResource,
  TableFeed,
} from '../../operator/tables/table-feed.ts';

export interface FeedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly [field: string]: unknown;
}

export class ClusterFeed implements TableFeed {
  readonly #fingerprintKey: string;
  readonly #books = new Set<TableBook>();
  readonly #endpointsByKey = new Map<string, StoredEndpoint>();
  readonly #secretsByKey = new Map<string, SecretReading>();
  readonly #configurationsByKey = new Map<string, StoredConfiguration>();
  readonly #resilienciesByKey = new Map<string, StoredResiliency>();
  readonly #middlewareByKey = new Map<string, StoredMiddleware>();
  readonly #storeTypesByKey = new Map<string, string>();
  readonly #storeScopesByKey = new Map<string, readonly string[]>();
  #uids = 0;

  constructor(fingerprintKey: string) {
    this.#fingerprintKey = fingerprintKey;
  }

  /** From now on the book is told what changes. */
  follow(book: TableBook): void {
    this.#books.add(book);
  }

  endpoint(key: string): StoredEndpoint | null {
    return this.#endpointsByKey.get(key) ?? null;
  }

  endpointKeys(): Iterable<string> {
    return this.#endpointsByKey.keys();
  }

  secret(key: string): SecretReading {
    return this.#secretsByKey.get(key) ?? { state: 'missing' };
  }

  configuration(key: string): Configuration | null {
    return this.#configurationsByKey.get(key)?.parsed.configuration ?? null;
  }

  resiliencies(namespace: string): readonly StoredResiliency[] {
    return inNamespace(this.#resilienciesByKey, namespace);
  }

  middleware(namespace: string): readonly StoredMiddleware[] {
    return inNamespace(this.#middlewareByKey, namespace);
  }

  configurations(namespace: string): readonly StoredConfiguration[] {
    return inNamespace(this.#configurationsByKey, namespace);
  }

  optionNamespaces(): ReadonlySet<string> {
    const stores = [this.#configurationsByKey, this.#resilienciesByKey, this.#middlewareByKey];
    return new Set(stores.flatMap((store) => [...store.keys()].map((key) => key.slice(0, key.indexOf('/')))));
  }

  secretStoreKind(namespace: string, store: string): SecretStoreKind {
    const type = this.#storeTypesByKey.get(`${namespace}/${store}`);
    if (type === undefined) return store === 'kubernetes' ? 'kubernetes' : 'unknown';
    return type === 'secretstores.kubernetes' ? 'kubernetes' : 'unsupported';
  }

  secretStoreScopes(namespace: string, store: string): readonly string[] {
    return this.#storeScopesByKey.get(`${namespace}/${store}`) ?? [];
  }

  /** Creates or replaces an object. `data` of a Secret is in base64, as always. */
  apply(object: FeedObject): void {
    const key = keyOf(object);
    const manifest = { document: object, location: '' };
    switch (object.kind) {
      case 'HTTPEndpoint':
        this.#store(this.#endpointsByKey, key, parseHttpEndpoint(manifest));
        break;
      case 'Resiliency':
        this.#store(this.#resilienciesByKey, key, parseResiliency(manifest));
        break;
      case 'Secret': {
        const { secret, problem } = parseSecret(manifest);
        if (secret === null) throw new TypeError(problem.message);
        const values = [...secret.bytesByKey].map(([name, value]) => {
          const ref = `secret ${key}/${name}`;
          return [
            name,
            new Sensitive(value, { ref, version: fingerprint(this.#fingerprintKey, { ref, value }) }),
          ] as const;
        });
        this.#secretsByKey.set(key, { state: 'loaded', valuesByKey: new Map(values) });
        break;
      }
      case 'Configuration': {
        const { configuration, mistakes } = parseConfiguration([manifest]);
        if (mistakes.length > 0) throw new TypeError(mistakes.join('\n'));
        this.#store(this.#configurationsByKey, key, { configuration, mistakes });
        break;
      }
      case 'Component':
        if ((object['spec'] as { readonly type: string }).type.startsWith('middleware.')) {
          this.#store(this.#middlewareByKey, key, parseComponent(manifest));
          break;
        }
        this.#storeTypesByKey.set(key, (object['spec'] as { readonly type: string }).type);
        this.#storeScopesByKey.set(key, stringsFrom(object['scopes']));
        break;
      default:
        throw new TypeError(`a feed knows no ${object.kind}`);
    }
    this.#mark(object);
  }

  delete(object: FeedObject): void {
    const key = keyOf(object);
    this.#endpointsByKey.delete(object.kind === 'HTTPEndpoint' ? key : '');
    this.#secretsByKey.delete(object.kind === 'Secret' ? key : '');
    this.#configurationsByKey.delete(object.kind === 'Configuration' ? key : '');
    this.#resilienciesByKey.delete(object.kind === 'Resiliency' ? key : '');
    this.#middlewareByKey.delete(object.kind === 'Component' ? key : '');
    this.#storeTypesByKey.delete(object.kind === 'Component' ? key : '');
    this.#storeScopesByKey.delete(object.kind === 'Component' ? key : '');
    this.#mark(object);
  }

  /** As if the Secret was being asked for, or could not be read. */
  setReading({ namespace, name }: FeedObject['metadata'], reading: SecretReading): void {
    this.#secretsByKey.set(`${namespace}/${name}`, reading);
    this.#mark({ kind: 'Secret', metadata: { namespace, name } });
  }

  #store<Parsed>(storedByKey: Map<string, StoredResource<Parsed>>, key: string, parsed: Parsed): void {
    const former = storedByKey.get(key);
    this.#uids += former === undefined ? 1 : 0;
    storedByKey.set(key, {
      name: key.slice(key.indexOf('/') + 1),
      parsed,
      uid: former?.uid ?? `uid-${this.#uids}`,
      generation: (former?.generation ?? 0) + 1,
    });
  }

  #mark({ kind, metadata }: FeedObject): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    for (const book of this.#books) {
      if (kind === 'HTTPEndpoint') book.markEndpoint(key);
      else if (kind === 'Secret') book.markSecret(key);
      else if (kind === 'Configuration') book.markConfiguration(key);
      else if (kind === 'Resiliency') book.markResiliency(key);
      else {
        book.markMiddleware(key);
        book.markNamespaceStores(metadata.namespace);
      }
    }
  }
}

function keyOf({ metadata }: FeedObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function inNamespace<Stored>(storedByKey: ReadonlyMap<string, Stored>, namespace: string): readonly Stored[] {
  return [...storedByKey]
    .filter(([key]) => key.startsWith(`${namespace}/`))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, stored]) => stored);
}
