/**
 * Everything that the operator knows of the cluster, always current: it watches, parses, keeps, and marks what changed. What
 * follows from it is the business of tables/ and status/.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { isMiddleware, parseComponent, type ComponentResult } from '#shared/resources/component.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import { parseHttpEndpoint, type ParsedEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import { parseResiliency, type ParsedResiliency } from '#shared/resources/parse-resiliency.ts';
import { recordFrom } from '#shared/resources/read-field.ts';
import { proxyPodSelector, unfinishedPodSelector } from '../identity/pod-facts.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { components, configurations, httpEndpoints, pods, resiliencies, secrets } from '../kube/resource-types.ts';
import { middlewareReferencesOf, secretReferencesOf } from '../tables/secret-uses.ts';
import type { ConfigurationInForce, SecretReading, SecretStoreKind, TableFeed } from '../tables/table-feed.ts';
import { bothKeepers } from './both-keepers.ts';
import { configurationInForce } from './configuration-in-force.ts';
import { KindWatch, type CreateListWatch, type ObjectKeeper } from './kind-watch.ts';
import { splitNamespacedKey } from './namespaced-key.ts';
import { PodStore } from './pod-store.ts';
import { ResourceStore, type WatchedResource } from './resource-store.ts';
import { SecretCache } from './secret-cache.ts';
import { SecretStoreNames } from './secret-store-names.ts';

/** Takes what changed. All keys are `namespace/name`. */
export interface DirtyMarks {
  markEndpoint(key: string): void;
  markSecret(key: string): void;
  markConfiguration(key: string): void;
  markResiliency(key: string): void;
  markMiddleware(key: string): void;
  /** The secret stores of a namespace. */
  markNamespaceStores(namespace: string): void;
}

export interface ClusterSourceOptions {
  readonly kube: Pick<KubeClient, 'get'>;
  readonly createListWatch: CreateListWatch;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly fingerprintKey: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ClusterSource implements TableFeed {
  /** The Pods that have a proxy. */
  readonly pods = new PodStore();
  readonly #options: ClusterSourceOptions;
  readonly #endpoints: ResourceStore<ParsedEndpoint>;
  readonly configurationObjects: ResourceStore<ConfigurationInForce>;
  /** The Resiliencies, as the watch shows them. */
  readonly resiliencyObjects: ResourceStore<ParsedResiliency>;
  readonly middlewareObjects: ResourceStore<ComponentResult>;
  readonly #stores: SecretStoreNames;
  readonly #secrets: SecretCache;
  readonly #watches: readonly KindWatch[];
  readonly #marks = new Set<DirtyMarks>();
  readonly #progressListeners = new Set<() => void>();

  constructor(options: ClusterSourceOptions) {
    this.#options = options;
    const { kube, fingerprintKey, clock, logger } = options;
    this.#endpoints = new ResourceStore({
      parse: (object) => parseHttpEndpoint({ document: { ...object, kind: 'HTTPEndpoint' }, location: '' }),
      onChanged: (key) => this.#endpointChanged(key),
    });
    this.configurationObjects = new ResourceStore({
      parse: (object, former) => configurationInForce(object, former, logger),
      onChanged: (key) => this.#mark((marks) => marks.markConfiguration(key)),
    });
    this.resiliencyObjects = new ResourceStore({
      parse: (object) => parseResiliency({ document: { ...object, kind: 'Resiliency' }, location: '' }),
      onChanged: (key) => this.#mark((marks) => marks.markResiliency(key)),
    });
    this.middlewareObjects = new ResourceStore({
      parse: middlewareFrom,
      onChanged: (key) => this.#middlewareChanged(key),
    });
    this.#stores = new SecretStoreNames({
      onChanged: (namespace) => this.#storesChanged(namespace),
    });
    this.#secrets = new SecretCache({
      kube,
      fingerprintKey,
      clock,
      logger,
      onChanged: (key) => {
        this.#mark((marks) => marks.markSecret(key));
        this.#progressed();
      },
    });
    this.#watches = [
      this.#watch({ type: httpEndpoints, keeper: this.#endpoints }),
      this.#watch({ type: configurations, keeper: this.configurationObjects, isOptional: true }),
      this.#watch({ type: resiliencies, keeper: this.resiliencyObjects, isOptional: true }),
      this.#watch({ type: components, keeper: bothKeepers(this.#stores, this.middlewareObjects), isOptional: true }),
      this.#watch({
        type: pods,
        keeper: this.pods,
        isMetadataOnly: true,
        labelSelector: proxyPodSelector,
        fieldSelector: unfinishedPodSelector,
      }),
      this.#watch({ type: secrets, keeper: this.#secrets, isMetadataOnly: true }),
    ];
  }

  endpoint(key: string): WatchedResource<ParsedEndpoint> | null {
    return this.#endpoints.get(key);
  }

  endpointKeys(): Iterable<string> {
    return this.#endpoints.keys();
  }

  secret(key: string): SecretReading {
    return this.#secrets.reading(key);
  }

  configuration(key: string): Configuration | null {
    return this.configurationObjects.get(key)?.parsed.configuration ?? null;
  }

  resiliencies(namespace: string): readonly WatchedResource<ParsedResiliency>[] {
    return this.resiliencyObjects.in(namespace);
  }

  middleware(namespace: string): readonly WatchedResource<ComponentResult>[] {
    return this.middlewareObjects.in(namespace);
  }

  configurations(namespace: string): readonly WatchedResource<ConfigurationInForce>[] {
    return this.configurationObjects.in(namespace);
  }

  optionNamespaces(): ReadonlySet<string> {
    const keys = [this.configurationObjects, this.resiliencyObjects, this.middlewareObjects].flatMap((store) => [
      ...store.keys(),
    ]);
    return new Set(keys.map((key) => splitNamespacedKey(key).namespace));
  }

  secretStoreKind(namespace: string, store: string): SecretStoreKind {
    return this.#stores.kindOf(namespace, store);
  }

  secretStoreScopes(namespace: string, store: string): readonly string[] {
    return this.#stores.scopesOf(namespace, store);
  }

  /** How many of each kind are held. */
  get counts(): {
    readonly endpoints: number;
    readonly resiliencies: number;
    readonly middleware: number;
    readonly secrets: number;
    readonly pods: number;
    readonly brokenConfigurations: number;
  } {
    return {
      endpoints: this.#endpoints.size,
      resiliencies: this.resiliencyObjects.size,
      middleware: this.middlewareObjects.size,
      secrets: this.#secrets.size,
      pods: this.pods.size,
      brokenConfigurations: this.configurationObjects.count(({ mistakes }) => mistakes.length > 0),
    };
  }

  /** From now on these are told what changes. Returns the way to stop. */
  addMarks(marks: DirtyMarks): () => void {
    this.#marks.add(marks);
    return () => void this.#marks.delete(marks);
  }

  /** Calls back with each endpoint that a watch shows, status writes included, and with each that is gone. */
  onEndpointSeen(listener: (key: string) => void): () => void {
    return this.#endpoints.onSeen(listener);
  }

  /** What is not known yet, a sentence each. Empty: every first list is complete and every referenced Secret was asked for. */
  missing(): readonly string[] {
    const sentences = this.#watches.flatMap(({ missing }) => (missing === null ? [] : [missing]));
    const pending = this.#secrets.pendingCount;
    if (sentences.length === 0 && pending > 0) sentences.push(`${pending} referenced Secrets are not read yet`);
    return sentences;
  }

  /** When the API server was last heard on the watch that has been silent longest; `null`: never on one of them. */
  get silentSinceMs(): number | null {
    const times = this.#watches.map(({ silentSinceMs }) => silentSinceMs).filter((ms) => ms !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Resolves when nothing is missing for the first time, or the signal is aborted. */
  loaded(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        if (!signal.aborted && this.missing().length > 0) return;
        this.#progressListeners.delete(settle);
        resolve();
      };
      this.#progressListeners.add(settle);
      signal.addEventListener('abort', settle, { once: true });
      settle();
    });
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    this.#secrets.run(signal);
    await Promise.all(this.#watches.map((watch) => watch.run(signal)));
  }

  #watch(kind: {
    readonly type: typeof httpEndpoints;
    readonly keeper: ObjectKeeper;
    readonly isOptional?: boolean;
    readonly isMetadataOnly?: boolean;
    readonly labelSelector?: string;
    readonly fieldSelector?: string;
  }): KindWatch {
    const { namespaces, createListWatch, clock, logger } = this.#options;
    return new KindWatch({
      isOptional: false,
      isMetadataOnly: false,
      labelSelector: '',
      ...kind,
      namespaces: namespaces.length === 0 ? [''] : namespaces,
      createListWatch,
      clock,
      logger,
      onProgress: () => this.#progressed(),
    });
  }

  /** References first: a Secret that is already here must not look pending to whoever compiles next. */
  #endpointChanged(key: string): void {
    this.#reference(key);
    this.#mark((marks) => marks.markEndpoint(key));
    this.#progressed();
  }

  #middlewareChanged(key: string): void {
    this.#referenceMiddleware(key);
    this.#mark((marks) => marks.markMiddleware(key));
    this.#progressed();
  }

  #storesChanged(namespace: string): void {
    for (const key of this.#endpoints.keysIn(namespace)) this.#reference(key);
    for (const key of this.middlewareObjects.keysIn(namespace)) this.#referenceMiddleware(key);
    this.#mark((marks) => marks.markNamespaceStores(namespace));
    this.#progressed();
  }

  #reference(key: string): void {
    const parsed = this.#endpoints.get(key)?.parsed;
    const isServed = parsed?.state === 'valid' && this.#isServed(parsed.endpoint);
    this.#secrets.setReferences(`HTTPEndpoint ${key}`, isServed ? secretReferencesOf(parsed) : []);
  }

  #referenceMiddleware(key: string): void {
    const component = this.middlewareObjects.get(key)?.parsed.component ?? null;
    const isServed = component !== null && this.#isServed(component);
    this.#secrets.setReferences(`Component ${key}`, isServed ? middlewareReferencesOf(component) : []);
  }

  /** What names a store that is not the API server's has no business with the API server's Secrets. */
  #isServed({ namespace, secretStore }: { readonly namespace: string; readonly secretStore: string }): boolean {
    return this.#stores.kindOf(namespace, secretStore) === 'kubernetes';
  }

  #mark(mark: (marks: DirtyMarks) => void): void {
    for (const marks of this.#marks) mark(marks);
  }

  #progressed(): void {
    for (const listener of this.#progressListeners) listener();
  }
}

/** `null`: it is something else than a middleware. */
function middlewareFrom(object: KubeObject): ComponentResult | null {
  const type = recordFrom(object['spec'])?.['type'];
  if (typeof type !== 'string' || !isMiddleware({ type })) return null;
  return parseComponent({ document: { ...object, kind: 'Component' }, location: '' });
}
