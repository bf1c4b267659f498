/**
 * The keys of Secrets that endpoints and middleware reference, and no others: fetched when the first of them names one and
 * whenever the metadata watch shows another version of it, forgotten with the last that names it.
 *
 * Only a GET decides what a Secret is; a watch event just says when to ask again. So it does not matter which of the two is ahead.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { growingDelayMs } from '#shared/clock/growing-delay.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { secrets } from '../kube/resource-types.ts';
import type { SecretReference } from '../tables/secret-uses.ts';
import type { SecretReading } from '../tables/table-feed.ts';
import type { ObjectKeeper } from './kind-watch.ts';
import { namespacedKey, splitNamespacedKey } from './namespaced-key.ts';
import { isSameReading, secretReadingFrom } from './secret-reading.ts';
import { SecretReferences } from './secret-references.ts';

export interface SecretCacheOptions {
  readonly kube: Pick<KubeClient, 'get'>;
  readonly fingerprintKey: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The reading of a referenced Secret became another. */
  readonly onChanged: (key: string) => void;
  /** A number between 0 and 1, to spread retries. */
  readonly random?: () => number;
}

interface Entry {
  reading: SecretReading;
  /** Of the object that was read last; `''`: none. */
  resourceVersion: string;
  state: 'settled' | 'queued' | 'fetching' | 'waiting';
  /** Something happened while it was being fetched. */
  isStale: boolean;
  failures: number;
}

const parallelFetches = 8;
const backoff = { firstMs: 400, longestMs: 30_000 };
/** After so many answers that are errors, waiting longer would only hold up everything else. */
const failuresUntilFailed = 3;

export class SecretCache implements ObjectKeeper {
  readonly #options: SecretCacheOptions;
  readonly #references = new SecretReferences();
  /** The same, key by key: see `keyText`. */
  readonly #keyReferences = new SecretReferences();
  readonly #entriesByKey = new Map<string, Entry>();
  readonly #pending = new Set<string>();
  readonly #queue = new Set<string>();
  #fetching = 0;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(options: SecretCacheOptions) {
    this.#options = options;
  }

  /** A Secret that nobody references counts as pending. */
  reading(key: string): SecretReading {
    return this.#entriesByKey.get(key)?.reading ?? { state: 'pending' };
  }

  /** How many are held. */
  get size(): number {
    return this.#entriesByKey.size;
  }

  /** How many were never answered for. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Says what an object references now; nothing, when it is gone. */
  setReferences(owner: string, references: readonly SecretReference[]): void {
    const secretKeys = references.map(({ secret }) => secret);
    const { added, dropped } = this.#references.set(owner, secretKeys);
    const keys = this.#keyReferences.set(owner, references.map(keyText));
    for (const key of dropped) {
      this.#entriesByKey.delete(key);
      this.#pending.delete(key);
      this.#queue.delete(key);
    }
    for (const key of added) {
      const entry: Entry = {
        reading: { state: 'pending' },
        resourceVersion: '',
        state: 'settled',
        isStale: false,
        failures: 0,
      };
      this.#entriesByKey.set(key, entry);
      this.#pending.add(key);
      this.#request(key, entry);
    }
    for (const secret of secretsOf(keys.dropped)) this.#forgetUnwanted(secret);
    for (const secret of secretsOf(keys.added)) this.#readAgain(secret);
  }

  #forgetUnwanted(key: string): void {
    const entry = this.#entriesByKey.get(key);
    if (entry?.reading.state !== 'loaded') return;
    const wanted = [...entry.reading.valuesByKey].filter(([name]) => this.#isWanted(key, name));
    entry.reading = { state: 'loaded', valuesByKey: new Map(wanted) };
  }

  /** Whether it has the key that is wanted now, nobody knows: what was not wanted was not kept. */
  #readAgain(key: string): void {
    const entry = this.#entriesByKey.get(key);
    if (entry?.reading.state !== 'loaded') return;
    entry.reading = { state: 'pending' };
    this.#pending.add(key);
    this.#request(key, entry);
  }

  #isWanted(secret: string, key: string): boolean {
    return this.#keyReferences.has(keyText({ secret, key }));
  }

  /** Takes what the metadata watch shows. */
  upsert(object: KubeObject): void {
    const key = namespacedKey(object);
    const entry = this.#entriesByKey.get(key);
    if (entry === undefined || entry.resourceVersion === object.metadata.resourceVersion) return;
    this.#request(key, entry);
  }

  remove(key: string): void {
    const entry = this.#entriesByKey.get(key);
    if (entry !== undefined) this.#request(key, entry);
  }

  /** Of the Secrets that were there when they were last asked for. */
  *keys(): Iterable<string> {
    for (const [key, { resourceVersion }] of this.#entriesByKey) if (resourceVersion !== '') yield key;
  }

  /** Fetches until the signal is aborted. What was asked for before waits for this. */
  run(signal: AbortSignal): void {
    this.#signal = signal;
    this.#fetchNext();
  }

  #request(key: string, entry: Entry): void {
    if (entry.state === 'fetching') {
      entry.isStale = true;
      return;
    }
    entry.state = 'queued';
    this.#queue.add(key);
    this.#fetchNext();
  }

  #fetchNext(): void {
    for (const key of this.#queue) {
      if (this.#fetching >= parallelFetches || this.#signal.aborted) return;
      this.#queue.delete(key);
      const entry = this.#entriesByKey.get(key);
      if (entry !== undefined) void this.#fetch(key, entry);
    }
  }

  /** Never rejects. */
  async #fetch(key: string, entry: Entry): Promise<void> {
    entry.state = 'fetching';
    entry.isStale = false;
    this.#fetching += 1;
    let object: KubeObject | null = null;
    let error: unknown = null;
    try {
      object = await this.#options.kube.get(secrets, splitNamespacedKey(key), { signal: this.#signal });
    } catch (caught) {
      error = caught;
    }
    this.#fetching -= 1;
    const isForgotten = this.#entriesByKey.get(key) !== entry;
    if (!isForgotten && !this.#signal.aborted) {
      if (object !== null) this.#settle(key, entry, object);
      else if (error instanceof LinkError && error.status === 404) this.#settle(key, entry, null);
      else this.#failed(key, entry, error);
    }
    this.#fetchNext();
  }

  #settle(key: string, entry: Entry, object: KubeObject | null): void {
    entry.state = 'settled';
    entry.failures = 0;
    entry.resourceVersion = object?.metadata.resourceVersion ?? '';
    const { fingerprintKey } = this.#options;
    const isWanted = (name: string): boolean => this.#isWanted(key, name);
    const reading = object === null ? null : secretReadingFrom(object, { fingerprintKey, isWanted });
    this.#tell(key, entry, reading ?? { state: 'missing' });
    if (entry.isStale) this.#request(key, entry);
  }

  /** What was read before stays while the API server is away, and until an error has proved to be more than that. */
  #failed(key: string, entry: Entry, error: unknown): void {
    const { clock, logger, random = Math.random } = this.#options;
    const status = error instanceof LinkError ? error.status : 0;
    const retryAfterMs = error instanceof LinkError ? error.retryAfterMs : 0;
    const isAnswer = status !== 0 && status !== 429;
    entry.failures = Math.min(entry.failures + 1, 100);
    if (entry.failures === 1) logger.warn('a Secret cannot be read', { secret: key, err: error });
    if (isAnswer && (status === 403 || entry.failures >= failuresUntilFailed)) {
      const message =
        status === 403
          ? `the operator may not read Secret ${key}: its RBAC does not allow it`
          : `the API server answers ${status} when Secret ${key} is read`;
      this.#tell(key, entry, { state: 'failed', message });
    }
    const boundMs = growingDelayMs(backoff, entry.failures);
    entry.state = 'waiting';
    clock.after(Math.max(retryAfterMs, boundMs * random()), () => {
      if (entry.state !== 'waiting' || this.#entriesByKey.get(key) !== entry) return;
      this.#request(key, entry);
    });
  }

  #tell(key: string, entry: Entry, reading: SecretReading): void {
    if (isSameReading(entry.reading, reading)) return;
    entry.reading = reading;
    this.#pending.delete(key);
    this.#options.onChanged(key);
  }
}

/** A key of a Secret as one text. */
function keyText({ secret, key }: SecretReference): string {
  return `${secret}\0${key}`;
}

function secretsOf(keyTexts: readonly string[]): ReadonlySet<string> {
  return new Set(keyTexts.map((text) => text.slice(0, text.indexOf('\0'))));
}
