/** Which app ids have Pods, so that an endpoint of the same name can be told. */
import type { ObjectChange } from '../kube/list-watch.ts';
import type { PodDirectory } from '../identity/pod-directory.ts';
import { podFactsFrom } from '../identity/pod-facts.ts';

/** App ids as `namespace/appId`. */
export interface AppNames {
  has(app: string): boolean;
  /** Calls back with each app that gets its first Pod or loses its last. Returns the way to stop. */
  onChanged(listener: (app: string) => void): () => void;
}

export class PodAppNames implements AppNames {
  readonly #pods: PodDirectory;
  readonly #annotationPrefixes: readonly string[];
  readonly #appsByUid = new Map<string, string>();
  readonly #podCountsByApp = new Map<string, number>();
  readonly #listeners = new Set<(app: string) => void>();

  constructor(pods: PodDirectory, annotationPrefixes: readonly string[]) {
    this.#pods = pods;
    this.#annotationPrefixes = annotationPrefixes;
  }

  /** Takes the Pods that are known and follows their changes. Returns the way to stop. */
  follow(): () => void {
    const stop = this.#pods.onChange((change) => this.#changed(change));
    for (const object of this.#pods.pods()) this.#changed({ kind: 'upsert', object });
    return stop;
  }

  has(app: string): boolean {
    return this.#podCountsByApp.has(app);
  }

  onChanged(listener: (app: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed({ kind, object }: ObjectChange): void {
    const { uid, namespace = '' } = object.metadata;
    const before = this.#appsByUid.get(uid);
    const after =
      kind === 'delete' ? undefined : `${namespace}/${podFactsFrom(object, this.#annotationPrefixes).appId}`;
    if (before === after) return;
    if (after === undefined) this.#appsByUid.delete(uid);
    else this.#appsByUid.set(uid, after);
    if (after !== undefined) this.#count(after, 1);
    if (before !== undefined) this.#count(before, -1);
  }

  #count(app: string, by: 1 | -1): void {
    const before = this.#podCountsByApp.get(app) ?? 0;
    if (before + by === 0) this.#podCountsByApp.delete(app);
    else this.#podCountsByApp.set(app, before + by);
    if (before === 0 || before + by === 0) for (const listener of this.#listeners) listener(app);
  }
}
