/** What a Configuration means for the tables of the proxies that name it. */
import { compileOptions } from '#shared/compile/compile-options.ts';
import { canonicalJson } from '#shared/compile/fingerprint.ts';
import { optionsDigest } from '#shared/compile/options-digest.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { defaultConfiguration, type Configuration } from '#shared/resources/configuration.ts';
import type { TableOptions } from '#shared/table/endpoint-table.ts';
import type { Variant } from './endpoint-group.ts';
import { closedConfiguration } from './closed-configuration.ts';
import { RecentMap } from './recent-map.ts';
import type { TableFeed } from './table-feed.ts';

export interface ConfigurationView {
  readonly options: TableOptions;
  readonly optionsDigest: string;
  readonly variant: Variant;
}

/** More than a replica has streams; one that is forgotten is read again. */
const maxViews = 10_000;

export class ConfigurationViews {
  readonly #feed: TableFeed;
  readonly #logger: Logger;
  /** By `namespace/name`; only what somebody asked for. */
  readonly #viewsByKey = new RecentMap<ConfigurationView>(maxViews);
  readonly #default = viewOf(defaultConfiguration);
  readonly #closed = viewOf(closedConfiguration);

  constructor({ feed, logger }: { readonly feed: TableFeed; readonly logger: Logger }) {
    this.#feed = feed;
    this.#logger = logger;
  }

  /** The view of what was in force at the last `refresh`. `name` is `''` where a proxy names none. */
  view(namespace: string, name: string): ConfigurationView {
    if (name === '') return this.#default;
    const key = `${namespace}/${name}`;
    const known = this.#viewsByKey.get(key);
    if (known !== undefined) return known;
    const view = this.#read(key);
    this.#viewsByKey.set(key, view);
    return view;
  }

  /** Reads it again. Says whether proxies may see a difference. */
  refresh(key: string): boolean {
    const known = this.#viewsByKey.get(key);
    if (known === undefined) return true;
    const view = this.#read(key);
    if (view.optionsDigest === known.optionsDigest && view.variant.key === known.variant.key) return false;
    this.#viewsByKey.set(key, view);
    return true;
  }

  #read(key: string): ConfigurationView {
    const configuration = this.#feed.configuration(key);
    if (configuration !== null) return viewOf(configuration);
    this.#logger.warn('there is no such Configuration, so nothing is allowed to its proxies', { configuration: key });
    return this.#closed;
  }
}

function viewOf(configuration: Configuration): ConfigurationView {
  const { secretScopes } = configuration;
  const { options } = compileOptions({ configuration, resiliencies: [] });
  const variant = { key: secretScopes.length === 0 ? '' : canonicalJson(secretScopes), secretScopes };
  return { options, optionsDigest: optionsDigest(options), variant };
}
