/** All groups of all namespaces: an endpoint without scopes is in its namespace's, one with scopes in that of each app. */
import { emptySet, type EndpointSet } from './audience-table.ts';
import { EndpointGroup, type Variant } from './endpoint-group.ts';
import type { EndpointEntry } from './endpoint-entry.ts';

export class EndpointGroups {
  readonly #sharedByNamespace = new Map<string, EndpointGroup>();
  /** By `namespace/appId`. */
  readonly #scopedByApp = new Map<string, EndpointGroup>();

  /** Endpoints of a namespace for every app. */
  shared(namespace: string, variant: Variant): EndpointSet {
    return this.#sharedByNamespace.get(namespace)?.set(variant) ?? emptySet;
  }

  /** Endpoints of a namespace that name this app. */
  scoped({ namespace, appId }: { readonly namespace: string; readonly appId: string }, variant: Variant): EndpointSet {
    return this.#scopedByApp.get(`${namespace}/${appId}`)?.set(variant) ?? emptySet;
  }

  add(entry: EndpointEntry): void {
    if (entry.endpoint === null) return;
    for (const { groups, key } of this.#placesOf(entry)) {
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = new EndpointGroup()));
      group.put(entry);
    }
  }

  /** Groups that become empty are dropped. */
  remove(entry: EndpointEntry): void {
    for (const { groups, key } of this.#placesOf(entry)) {
      const group = groups.get(key);
      group?.remove(entry.name);
      if (group?.size === 0) groups.delete(key);
    }
  }

  #placesOf({ namespace, scopes }: EndpointEntry): readonly { groups: Map<string, EndpointGroup>; key: string }[] {
    if (scopes.length === 0) return [{ groups: this.#sharedByNamespace, key: namespace }];
    return scopes.map((scope) => ({ groups: this.#scopedByApp, key: `${namespace}/${scope}` }));
  }
}
