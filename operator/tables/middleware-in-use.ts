/**
 * One middleware Component -> what pipelines use of it, given what they used before. Total and pure, apart from reading the
 * feed. As with endpoints, a Secret that is gone or breaks leaves the last good values in use for as long as the Component stays
 * as it is, and a changed Component takes the place of the one before when its Secrets are read.
 */
import type { Finding } from '#shared/compile/finding.ts';
import type { KnownMiddleware } from '#shared/compile/known-middleware.ts';
import type { FoundSecret, LookupPlace } from '#shared/compile/look-up-value.ts';
import type { Component } from '#shared/resources/component.ts';
import { builtinStoreName, placeInCluster, type ClusterPlace } from './place-in-cluster.ts';
import { scopesInBoth, scopesWithStore } from './scopes-with-store.ts';
import { middlewareReferencesOf } from './secret-uses.ts';
import type { StoredMiddleware, TableFeed } from './table-feed.ts';

/** Immutable: a change makes another entry. */
export interface MiddlewareInUse {
  readonly uid: string;
  readonly generation: number;
  /** With the scopes of its secret store too. `null`: there is nothing that a pipeline could use. */
  readonly component: Component | null;
  /** Where it finds what it refers to, as it was when the entry was made. */
  readonly place: LookupPlace | null;
  /** Whether all of its values were good. */
  readonly isGood: boolean;
  readonly findings: readonly Finding[];
}

export interface MiddlewareTools {
  readonly feed: TableFeed;
  readonly known: KnownMiddleware;
}

/** The entry of a Component that a watch shows. */
export function middlewareInUse(
  { parsed, uid, generation }: StoredMiddleware,
  former: MiddlewareInUse | null,
  tools: MiddlewareTools,
): MiddlewareInUse {
  const identity = { uid, generation };
  const { component: resource } = parsed;
  if (resource === null) return { ...identity, ...unusable, findings: [findingOf(parsed.problem)] };
  const { component, findings } = withStoreScopes(resource, tools.feed);
  if (component === null) return { ...identity, ...unusable, findings };
  const live = placeInCluster(tools.feed, { namespace: component.namespace, storeName: storeNameOf(component) });
  if (former !== null && former.uid === uid && isPending(component, live, tools.feed))
    return waiting(former, component);

  const place = placeAsItIs(component, live);
  const compiled = tools.known.compiled(component, place);
  const isGood = compiled.entry.state === 'ready';
  const isSameSpec = former !== null && former.uid === uid && generation > 0 && former.generation === generation;
  // Of the same text that was good before, only what it refers to can have become bad.
  if (isSameSpec && former.isGood && !isGood) {
    // Scopes follow the store's at once: what was good for somebody is no reason to go on giving it to them.
    return { ...former, component, findings: [...compiled.findings.map(withLastGood), ...findings] };
  }
  return { ...identity, component, place, isGood, findings: [...compiled.findings, ...findings] };
}

const unusable = { component: null, place: null, isGood: false } as const;

function withStoreScopes(
  component: Component,
  feed: TableFeed,
): { readonly component: Component | null; readonly findings: readonly Finding[] } {
  const storeName = storeNameOf(component);
  const usesSecrets = middlewareReferencesOf(component).length > 0;
  const storeScopes = usesSecrets ? feed.secretStoreScopes(component.namespace, storeName) : [];
  const { scopes, findings } = scopesWithStore([...new Set(component.scopes)], {
    storeName,
    storeScopes,
    what: 'middleware',
  });
  if (scopes === null) return { component: null, findings };
  // The same object where the store changes nothing: what was made of it is known by it.
  const isOwn = findings.length === 0 && scopes.length === component.scopes.length;
  return { component: isOwn ? component : { ...component, scopes }, findings };
}

function isPending(component: Component, { hasSecrets }: ClusterPlace, feed: TableFeed): boolean {
  return hasSecrets && middlewareReferencesOf(component).some(({ secret }) => feed.secret(secret).state === 'pending');
}

/** The one before, for those whom both name: nobody new gets what was meant for others. */
function waiting(former: MiddlewareInUse, { scopes }: Component): MiddlewareInUse {
  if (former.component === null) return former;
  const both = scopesInBoth(former.component.scopes, scopes);
  return both === null ? { ...former, ...unusable } : { ...former, component: { ...former.component, scopes: both } };
}

/** What its references lead to now, whatever becomes of the Secrets. */
function placeAsItIs(component: Component, live: ClusterPlace): LookupPlace {
  const { findSecret } = live;
  if (typeof findSecret !== 'function') return live;
  const prefix = component.namespace.length + 1;
  const names = middlewareReferencesOf(component).map(({ secret }) => secret.slice(prefix));
  const foundByName = new Map<string, FoundSecret>(names.map((name) => [name, findSecret(name)]));
  return { ...live, findSecret: (name) => foundByName.get(name) ?? findSecret(name) };
}

/** It is kept in memory only, as that of an endpoint. */
function withLastGood(finding: Finding): Finding {
  if (finding.severity !== 'error') return finding;
  return { ...finding, message: `${finding.message}; the last good value stays in use until the operator restarts` };
}

function storeNameOf({ secretStore }: Component): string {
  return secretStore || builtinStoreName;
}

function findingOf({ reason, message, severity }: Omit<Finding, 'origin'>): Finding {
  return { reason, message, severity, origin: 'spec' };
}
