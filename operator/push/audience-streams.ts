/** Open streams by audience, so that a publication finds the ones that it concerns without looking at the others. */
import type { ProxyAudience, Publication } from '../tables/audience-table.ts';
import type { PushStream } from './push-stream.ts';

/** The streams of proxies that have the same table. Never empty while it is kept. */
export interface AudienceGroup {
  readonly audience: ProxyAudience;
  readonly streams: Set<PushStream>;
}

export class AudienceStreams {
  readonly #groupsByKeyByNamespace = new Map<string, Map<string, AudienceGroup>>();
  readonly #groupsByApp = new Map<string, Set<AudienceGroup>>();

  add(stream: PushStream): void {
    const { namespace, appId, configuration } = stream.identity;
    const groups = this.#groupsByKeyByNamespace.get(namespace) ?? new Map<string, AudienceGroup>();
    this.#groupsByKeyByNamespace.set(namespace, groups);
    const key = `${appId}/${configuration}`;
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(key, (group = { audience: { namespace, appId, configuration }, streams: new Set() }));
      const app = `${namespace}/${appId}`;
      this.#groupsByApp.set(app, (this.#groupsByApp.get(app) ?? new Set()).add(group));
    }
    group.streams.add(stream);
  }

  delete(stream: PushStream): void {
    const { namespace, appId, configuration } = stream.identity;
    const key = `${appId}/${configuration}`;
    const groups = this.#groupsByKeyByNamespace.get(namespace);
    const group = groups?.get(key);
    if (groups === undefined || group === undefined) return;
    group.streams.delete(stream);
    if (group.streams.size > 0) return;
    groups.delete(key);
    if (groups.size === 0) this.#groupsByKeyByNamespace.delete(namespace);
    const app = `${namespace}/${appId}`;
    const ofApp = this.#groupsByApp.get(app);
    ofApp?.delete(group);
    if (ofApp?.size === 0) this.#groupsByApp.delete(app);
  }

  /** Of all open streams, each once. */
  *audiences(): Generator<ProxyAudience> {
    for (const groups of this.#groupsByKeyByNamespace.values()) {
      for (const { audience } of groups.values()) yield audience;
    }
  }

  /** The groups that may see another table after this publication. */
  concernedBy({ namespaces, apps }: Publication): ReadonlySet<AudienceGroup> {
    const concerned = new Set<AudienceGroup>();
    for (const namespace of namespaces)
      for (const group of this.#groupsByKeyByNamespace.get(namespace)?.values() ?? []) concerned.add(group);
    for (const app of apps) for (const group of this.#groupsByApp.get(app) ?? []) concerned.add(group);
    return concerned;
  }
}
