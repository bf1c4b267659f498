/**
 * Watches one kind in every namespace that is served, and goes on when the server does not know the kind or forbids it:
 * then it says so and tries again, and one kind never stops another.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeObject, ResourceType } from '../kube/kube-object.ts';
import { kindName } from '../kube/resource-path.ts';
import type { ObservedListWatch } from '../kube/create-list-watch.ts';
import type { ListWatchOptions, ObjectChange } from '../kube/list-watch.ts';
import { namespacedKey } from './namespaced-key.ts';

/** Makes a ListWatch; it starts with `run`. */
export type CreateListWatch = (options: ListWatchOptions) => Pick<ObservedListWatch, 'run' | 'lastContactMs'>;

/** Who keeps the objects of a kind. */
export interface ObjectKeeper {
  upsert(object: KubeObject): void;
  remove(key: string): void;
  /** Of everything that is kept. */
  keys(): Iterable<string>;
}

export interface KindWatchOptions {
  readonly type: ResourceType;
  /** `['']`: all. */
  readonly namespaces: readonly string[];
  readonly labelSelector: string;
  /** Defaults to none. */
  readonly fieldSelector?: string;
  readonly isMetadataOnly: boolean;
  /** A server that does not know the kind has no objects of it; otherwise the operator is not ready without it. */
  readonly isOptional: boolean;
  readonly keeper: ObjectKeeper;
  readonly createListWatch: CreateListWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After each complete list, and when the state of the kind changed. */
  readonly onProgress: () => void;
}

/** How soon a kind is looked for again that the server does not know. */
const retryMs = 5_000;

export class KindWatch {
  readonly #options: KindWatchOptions;
  /** Namespaces whose first list is complete. */
  readonly #synced = new Set<string>();
  /** By namespace: why there is no list. */
  readonly #failures = new Map<string, string>();
  readonly #watches = new Map<string, ReturnType<CreateListWatch>>();

  constructor(options: KindWatchOptions) {
    this.#options = options;
  }

  /** What is missing before everything of the kind is known, as a sentence; `null`: nothing. */
  get missing(): string | null {
    const { namespaces, type } = this.#options;
    const missing = namespaces.filter((namespace) => !this.#synced.has(namespace));
    if (missing.length === 0) return null;
    const failure = missing.map((namespace) => this.#failures.get(namespace)).find((reason) => reason !== undefined);
    return failure ?? `the first list of ${type.plural} is not complete`;
  }

  /** When the API server was last heard on the watch that has been silent longest; `null`: never on one of them. */
  get silentSinceMs(): number | null {
    const contacts = [...this.#watches.values()].map(({ lastContactMs }) => lastContactMs ?? -Infinity);
    const oldest = Math.min(...contacts);
    return Number.isFinite(oldest) ? oldest : null;
  }

  /** Resolves when the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#options.namespaces.map((namespace) => this.#runNamespace(namespace, signal)));
  }

  async #runNamespace(namespace: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#listAndWatch(namespace, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(namespace, error);
        await clock.sleep(retryMs, signal);
      }
    }
  }

  /** A ListWatch begins with an empty memory: what it does not list is gone. */
  async #listAndWatch(namespace: string, signal: AbortSignal): Promise<void> {
    const { type, labelSelector, fieldSelector = '', isMetadataOnly, createListWatch } = this.#options;
    let seen: Set<string> | null = new Set();
    const onChange = (change: ObjectChange): void => {
      const key = namespacedKey(change.object);
      if (change.kind === 'upsert') seen?.add(key);
      else seen?.delete(key);
      this.#tell(key, change);
    };
    const onSynced = (): void => {
      if (seen !== null) this.#forgetAllBut(seen, namespace);
      seen = null;
      this.#failures.delete(namespace);
      this.#synced.add(namespace);
      this.#options.onProgress();
    };
    const watch = createListWatch({
      type,
      namespace,
      labelSelector,
      fieldSelector,
      isMetadataOnly,
      onChange,
      onSynced,
    });
    this.#watches.set(namespace, watch);
    await watch.run(signal);
  }

  /** A mistake of ours with one object leaves that one as it was, and keeps no other one away. */
  #tell(key: string, { kind, object }: ObjectChange): void {
    const { type, keeper, logger } = this.#options;
    try {
      if (kind === 'upsert') keeper.upsert(object);
      else keeper.remove(key);
    } catch (err) {
      logger.error('an object could not be taken in because of a bug', { kind: kindName(type), object: key, err });
    }
  }

  #forgetAllBut(seen: ReadonlySet<string>, namespace: string): void {
    const { keeper } = this.#options;
    const isInScope = (key: string): boolean => namespace === '' || key.startsWith(`${namespace}/`);
    for (const key of keeper.keys()) if (isInScope(key) && !seen.has(key)) keeper.remove(key);
  }

  #failed(namespace: string, error: unknown): void {
    const { type, isOptional, logger, onProgress } = this.#options;
    const isUnknown = error instanceof LinkError && error.status === 404;
    const isNew = !this.#failures.has(namespace);
    if (isUnknown && isOptional) {
      // It cannot have objects; whatever there was went with the kind.
      this.#forgetAllBut(new Set(), namespace);
      this.#synced.add(namespace);
      this.#watches.delete(namespace);
    }
    const group = kindName(type);
    const reason = isUnknown
      ? `the API server does not know ${group}: install crds/`
      : `${group} cannot be listed: ${error instanceof Error ? error.message : String(error)}`;
    this.#failures.set(namespace, reason);
    if (isNew && isUnknown && isOptional) {
      logger.info('a kind is not installed; it is used when it is', { kind: group });
    } else if (isNew) {
      logger.error('a kind cannot be watched', { kind: group, namespace, err: error });
    }
    onProgress();
  }
}
