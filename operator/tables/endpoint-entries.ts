/** Every endpoint's entry, and which of them a change concerns. */
import type { CheckedPem } from '#shared/compile/compile-tls.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { brokenEntry, compileEntry } from './compile-entry.ts';
import type { DirtyKeys } from './dirty-keys.ts';
import { isSameToProxies, type EndpointEntry } from './endpoint-entry.ts';
import type { TableFeed } from './table-feed.ts';

export interface EntryChange {
  readonly key: string;
  readonly former: EndpointEntry | null;
  readonly next: EndpointEntry | null;
  /** Whether proxies may see a difference. */
  readonly isDifferent: boolean;
}

export interface EndpointEntriesOptions {
  readonly feed: TableFeed;
  readonly fingerprintKey: string;
  readonly logger: Logger;
}

export class EndpointEntries {
  readonly #options: EndpointEntriesOptions;
  readonly #entriesByKey = new Map<string, EndpointEntry>();
  readonly #keysBySecret = new Map<string, Set<string>>();
  readonly #keysByNamespace = new Map<string, Set<string>>();

  constructor(options: EndpointEntriesOptions) {
    this.#options = options;
  }

  /** Of all that there are and all that there were. */
  allKeys(): ReadonlySet<string> {
    return new Set([...this.#options.feed.endpointKeys(), ...this.#entriesByKey.keys()]);
  }

  /** The endpoints that these changes may concern. */
  keysFor({ endpoints, secrets, stores }: DirtyKeys): ReadonlySet<string> {
    const keys = new Set(endpoints);
    for (const secret of secrets) for (const key of this.#keysBySecret.get(secret) ?? []) keys.add(key);
    for (const namespace of stores) {
      for (const key of this.#keysByNamespace.get(namespace) ?? []) {
        const entry = this.#entriesByKey.get(key);
        if (entry !== undefined && entry.secretKeys.length > 0) keys.add(key);
      }
    }
    return keys;
  }

  /** Compiles, and changes nothing. What one round checks, it checks once. */
  startRound(): { readonly compile: (key: string) => EntryChange } {
    const checkedPem: CheckedPem = new Map();
    return {
      compile: (key) => {
        const former = this.#entriesByKey.get(key) ?? null;
        const next = this.#compile(key, former, checkedPem);
        return { key, former, next, isDifferent: !isSameToProxies(former, next) };
      },
    };
  }

  /** `null`: the endpoint is gone. */
  put(key: string, entry: EndpointEntry | null): void {
    const former = this.#entriesByKey.get(key);
    for (const secret of former?.secretKeys ?? []) removeFrom(this.#keysBySecret, secret, key);
    if (entry === null) {
      this.#entriesByKey.delete(key);
      if (former !== undefined) removeFrom(this.#keysByNamespace, former.namespace, key);
      return;
    }
    this.#entriesByKey.set(key, entry);
    for (const secret of entry.secretKeys) addTo(this.#keysBySecret, secret, key);
    if (former === undefined) addTo(this.#keysByNamespace, entry.namespace, key);
  }

  /** A mistake of ours in one endpoint closes that one, and no other. */
  #compile(key: string, former: EndpointEntry | null, checkedPem: CheckedPem): EndpointEntry | null {
    const { feed, fingerprintKey, logger } = this.#options;
    try {
      return compileEntry(key, former, { feed, fingerprintKey, checkedPem });
    } catch (err) {
      logger.error('an endpoint could not be compiled because of a bug', { endpoint: key, err });
      const stored = feed.endpoint(key);
      return stored === null ? null : brokenEntry(key, stored);
    }
  }
}

function addTo(keysBy: Map<string, Set<string>>, by: string, key: string): void {
  const keys = keysBy.get(by);
  if (keys === undefined) keysBy.set(by, new Set([key]));
  else keys.add(key);
}

function removeFrom(keysBy: Map<string, Set<string>>, by: string, key: string): void {
  const keys = keysBy.get(by);
  keys?.delete(key);
  if (keys?.size === 0) keysBy.delete(by);
}
