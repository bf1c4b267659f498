/**
 * A TableFeed that a test writes to as kubectl would: apply and delete objects. It counts generations, and marks what changed in
 * every TableBook that follows it.
 */
import { fingerprint } from '#shared/compile/fingerprint.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import { parseHttpEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import { stringsFrom } from '#shared/resources/read-field.ts';
import { parseSecret } from '#shared/resources/secret.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import type { TableBook } from '../../operator/tables/table-book.ts';
import type { SecretReading, SecretStoreKind, StoredEndpoint, TableFeed } from '../../operator/tables/table-feed.ts';

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
  readonly #configurationsByKey = new Map<string, Configuration>();
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
    return this.#configurationsByKey.get(key) ?? null;
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
      case 'HTTPEndpoint': {
        const former = this.#endpointsByKey.get(key);
        this.#uids += former === undefined ? 1 : 0;
        this.#endpointsByKey.set(key, {
          parsed: parseHttpEndpoint(manifest),
          uid: former?.uid ?? `uid-${this.#uids}`,
          generation: (former?.generation ?? 0) + 1,
        });
        break;
      }
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
        this.#configurationsByKey.set(key, configuration);
        break;
      }
      case 'Component':
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
    this.#storeTypesByKey.delete(object.kind === 'Component' ? key : '');
    this.#storeScopesByKey.delete(object.kind === 'Component' ? key : '');
    this.#mark(object);
  }

  /** As if the Secret was being asked for, or could not be read. */
  setReading({ namespace, name }: FeedObject['metadata'], reading: SecretReading): void {
    this.#secretsByKey.set(`${namespace}/${name}`, reading);
    this.#mark({ kind: 'Secret', metadata: { namespace, name } });
  }

  #mark({ kind, metadata }: FeedObject): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    for (const book of this.#books) {
      if (kind === 'HTTPEndpoint') book.markEndpoint(key);
      else if (kind === 'Secret') book.markSecret(key);
      else if (kind === 'Configuration') book.markConfiguration(key);
      else book.markNamespaceStores(metadata.namespace);
    }
  }
}

function keyOf({ metadata }: FeedObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
