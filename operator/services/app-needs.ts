/** What the Pods of each app ask of its Service, always current. */
import { isDeepStrictEqual } from 'node:util';
import type { ObjectChange } from '../kube/list-watch.ts';
import type { PodDirectory } from '../identity/pod-directory.ts';
import { decisiveNeed, serviceNeedFrom, type ServiceNeed } from './service-need.ts';

export interface AppNeedsOptions {
  readonly pods: PodDirectory;
  readonly annotationPrefixes: readonly string[];
  /** An app has other Pods than before, or they ask for something else. */
  readonly onChanged: (namespace: string, appId: string) => void;
}

export class AppNeeds {
  readonly #options: AppNeedsOptions;
  /** Apps are `namespace/app id`. */
  readonly #needsByUidByApp = new Map<string, Map<string, ServiceNeed>>();
  readonly #needsByUid = new Map<string, ServiceNeed>();

  constructor(options: AppNeedsOptions) {
    this.#options = options;
  }

  /** Takes the Pods that are known and follows their changes. Returns the way to stop. */
  follow(): () => void {
    const { pods } = this.#options;
    const stop = pods.onChange((change) => this.#changed(change));
    for (const object of pods.pods()) this.#changed({ kind: 'upsert', object });
    return stop;
  }

  /** Of the Pod whose wishes count; `null`: the app has none. */
  of(namespace: string, appId: string): ServiceNeed | null {
    return decisiveNeed(this.#needsByUidByApp.get(`${namespace}/${appId}`)?.values() ?? []);
  }

  #changed({ kind, object }: ObjectChange): void {
    const { uid } = object.metadata;
    const need = kind === 'delete' ? null : serviceNeedFrom(object, this.#options.annotationPrefixes);
    const former = this.#needsByUid.get(uid) ?? null;
    // Pods change often in ways that do not matter here.
    if (isDeepStrictEqual(need, former)) return;
    if (former !== null) this.#remove(uid, former);
    if (need !== null) this.#add(uid, need);
  }

  #add(uid: string, need: ServiceNeed): void {
    const app = appOf(need);
    const needsByUid = this.#needsByUidByApp.get(app) ?? new Map<string, ServiceNeed>();
    this.#needsByUidByApp.set(app, needsByUid.set(uid, need));
    this.#needsByUid.set(uid, need);
    this.#options.onChanged(need.namespace, need.appId);
  }

  #remove(uid: string, former: ServiceNeed): void {
    const app = appOf(former);
    const needsByUid = this.#needsByUidByApp.get(app);
    needsByUid?.delete(uid);
    if (needsByUid?.size === 0) this.#needsByUidByApp.delete(app);
    this.#needsByUid.delete(uid);
    this.#options.onChanged(former.namespace, former.appId);
  }
}

function appOf({ namespace, appId }: ServiceNeed): string {
  return `${namespace}/${appId}`;
}
