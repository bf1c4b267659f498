/**
 * What holds for each audience beside its endpoints: what its Configuration, the Resiliencies and the middleware of its
 * namespace come to. Audiences with equal options share one object.
 */
import type { Logger } from '#shared/logger/logger.ts';
import { RecentMap } from '#shared/memory/recent-map.ts';
import type { ProxyAudience } from './audience-table.ts';
import { closedView, compileView, selectionFor, type OptionView, type ViewSources } from './compile-view.ts';
import { InternedOptions } from './interned-options.ts';

/** What audiences see from now on, by the key of each. */
export type NextViews = ReadonlyMap<string, OptionView>;

interface KnownView {
  readonly audience: ProxyAudience;
  readonly view: OptionView;
}

/** More than a replica has streams; one that is forgotten is made again. */
const maxViews = 10_000;

export class OptionViews {
  readonly #sources: ViewSources;
  readonly #logger: Logger;
  /** Only of those who asked. */
  readonly #knownByAudience = new RecentMap<KnownView>(maxViews);
  /** Namespaces of audiences that were forgotten: what is new to those, nobody knows. */
  readonly #forgottenNamespaces = new Set<string>();
  /** By namespace, then by selection: what was made in its last round, and since. */
  readonly #viewsByNamespace = new RecentMap<Map<string, OptionView>>(maxViews);
  readonly #interned = new InternedOptions();
  /** Said once, until it is there. */
  readonly #missingConfigurations = new RecentMap<true>(maxViews);

  constructor({ logger, ...sources }: ViewSources & { readonly logger: Logger }) {
    this.#sources = sources;
    this.#logger = logger;
  }

  /** The view that was put last; of an audience that asks for the first time, one of what the feed holds. */
  view(audience: ProxyAudience): OptionView {
    const key = keyOf(audience);
    const known = this.#knownByAudience.get(key);
    if (known !== undefined) return known.view;
    const view = this.#compile(audience);
    const forgotten = this.#knownByAudience.set(key, { audience, view });
    if (forgotten !== null) this.#forgottenNamespaces.add(forgotten.audience.namespace);
    return view;
  }

  /** Makes the views of everybody in these namespaces anew, one a step. Nobody sees them before they are put. */
  *compile(namespaces: ReadonlySet<string>): Generator<void, NextViews> {
    const next = new Map<string, OptionView>();
    if (namespaces.size === 0) return next;
    for (const namespace of namespaces) this.#viewsByNamespace.delete(namespace);
    // Of now: whoever asks between two steps changes their order.
    const known = [...this.#knownByAudience.entries()];
    for (const [key, { audience }] of known) {
      if (!namespaces.has(audience.namespace)) continue;
      next.set(key, this.#compile(audience));
      yield;
    }
    return next;
  }

  /** Returns the namespaces where proxies may see a difference. */
  put(next: NextViews, namespaces: ReadonlySet<string>): readonly string[] {
    const changed = new Set([...namespaces].filter((namespace) => this.#forgottenNamespaces.has(namespace)));
    for (const [key, view] of next) {
      const known = this.#knownByAudience.peek(key);
      if (known === undefined || isSameView(known.view, view)) continue;
      this.#knownByAudience.replace(key, { ...known, view });
      changed.add(known.audience.namespace);
    }
    return [...changed];
  }

  /** A mistake of ours closes those whom it concerns, and nobody else. */
  #compile(audience: ProxyAudience): OptionView {
    try {
      const selection = selectionFor(audience, this.#sources);
      this.#noteMissing(audience, selection.isConfigurationMissing);
      const views = this.#viewsOf(audience.namespace);
      let view = views.get(selection.key);
      if (view === undefined) {
        const made = compileView(selection, this.#sources.middleware);
        view = { ...made, options: this.#interned.of(made.options, made.optionsDigest) };
        if (views.size < maxViews) views.set(selection.key, view);
      }
      return view;
    } catch (err) {
      this.#logger.error('options could not be compiled because of a bug, so nothing is allowed', { ...audience, err });
      return closedView(audience);
    }
  }

  #viewsOf(namespace: string): Map<string, OptionView> {
    let views = this.#viewsByNamespace.get(namespace);
    if (views === undefined) this.#viewsByNamespace.set(namespace, (views = new Map<string, OptionView>()));
    return views;
  }

  #noteMissing({ namespace, configuration: name }: ProxyAudience, isMissing: boolean): void {
    if (name === '') return;
    const configuration = `${namespace}/${name}`;
    if (!isMissing) return this.#missingConfigurations.delete(configuration);
    if (this.#missingConfigurations.get(configuration) !== undefined) return;
    this.#missingConfigurations.set(configuration, true);
    this.#logger.warn('there is no such Configuration, so nothing is allowed to its proxies', { configuration });
  }
}

/** No name of Kubernetes holds a slash. */
function keyOf({ namespace, appId, configuration }: ProxyAudience): string {
  return `${namespace}/${appId}/${configuration}`;
}

function isSameView(a: OptionView, b: OptionView): boolean {
  return a.optionsDigest === b.optionsDigest && a.variant.key === b.variant.key;
}
