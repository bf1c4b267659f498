/** The middleware Components of every namespace as pipelines use them, brought up to date once a round. */
import type { Component } from '#shared/resources/component.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import type { KnownMiddleware } from '#shared/compile/known-middleware.ts';
import { lookupFailure, type LookupPlace } from '#shared/compile/look-up-value.ts';
import { middlewareInUse, type MiddlewareInUse, type MiddlewareTools } from './middleware-in-use.ts';
import { secretScopesInCluster } from './secret-scopes-in-cluster.ts';
import { middlewareReferencesOf } from './secret-uses.ts';

export class MiddlewareBook {
  readonly #tools: MiddlewareTools;
  /** By namespace, then by name, in order. */
  readonly #entriesByNamespace = new Map<string, ReadonlyMap<string, MiddlewareInUse>>();

  constructor(tools: MiddlewareTools) {
    this.#tools = tools;
  }

  get known(): KnownMiddleware {
    return this.#tools.known;
  }

  /** By name, in order of name. */
  entriesIn(namespace: string): ReadonlyMap<string, MiddlewareInUse> {
    return this.#entriesByNamespace.get(namespace) ?? new Map<string, MiddlewareInUse>();
  }

  componentsIn(namespace: string): readonly Component[] {
    return [...this.entriesIn(namespace).values()].flatMap(({ component }) => component ?? []);
  }

  /** Where a Component finds what it refers to, as far as a Configuration lets it. */
  placeOf({ namespace, name }: Component, configuration: Configuration): LookupPlace {
    const place = this.entriesIn(namespace).get(name)?.place ?? nowhere;
    return { ...place, secretScopes: secretScopesInCluster(configuration) };
  }

  /** The namespaces in which a middleware takes a value from one of these Secrets. */
  namespacesUsing(secrets: ReadonlySet<string>): ReadonlySet<string> {
    const namespaces = new Set<string>();
    for (const secret of secrets) {
      const namespace = secret.slice(0, secret.indexOf('/'));
      if (!namespaces.has(namespace) && this.#isUsed(namespace, secret)) namespaces.add(namespace);
    }
    return namespaces;
  }

  /** Takes in what the feed holds for a namespace now. */
  update(namespace: string): void {
    const former = this.entriesIn(namespace);
    const next = new Map<string, MiddlewareInUse>();
    for (const stored of this.#tools.feed.middleware(namespace)) {
      next.set(stored.name, middlewareInUse(stored, former.get(stored.name) ?? null, this.#tools));
    }
    if (next.size === 0) this.#entriesByNamespace.delete(namespace);
    else this.#entriesByNamespace.set(namespace, next);
  }

  /** As the feed has it: a changed Component may wait for a Secret that the one before did not name. */
  #isUsed(namespace: string, secret: string): boolean {
    return this.#tools.feed.middleware(namespace).some(({ parsed: { component } }) => {
      return component !== null && middlewareReferencesOf(component).some((reference) => reference.secret === secret);
    });
  }
}

/** Of a Component that is not in the book. */
const nowhere: LookupPlace = {
  env: null,
  allowedEnvNames: null,
  secretScopes: [],
  storeName: '',
  findSecret: lookupFailure('SecretStoreNotFound', 'there is no such Component'),
};
