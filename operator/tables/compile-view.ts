/** What holds for one audience, made of what the feed and the book of middleware hold. Pure apart from reading both. */
import { compileOptions } from '#shared/compile/compile-options.ts';
import { canonicalJson } from '#shared/compile/fingerprint.ts';
import { isForAudience } from '#shared/compile/is-for-audience.ts';
import { optionsDigest } from '#shared/compile/options-digest.ts';
import { defaultConfiguration, type Configuration } from '#shared/resources/configuration.ts';
import type { TableOptions } from '#shared/table/endpoint-table.ts';
import { noPipelines } from '#shared/table/middleware.ts';
import { noResilience } from '#shared/table/resilience.ts';
import type { ProxyAudience } from './audience-table.ts';
import { closedConfiguration } from './closed-configuration.ts';
import type { Variant } from './endpoint-group.ts';
import type { MiddlewareBook } from './middleware-book.ts';
import { secretScopesInCluster } from './secret-scopes-in-cluster.ts';
import type { TableFeed } from './table-feed.ts';

export interface OptionView {
  readonly options: TableOptions;
  readonly optionsDigest: string;
  /** What the Configuration allows of the secrets of endpoints. */
  readonly variant: Variant;
}

export interface ViewSources {
  readonly feed: TableFeed;
  readonly middleware: MiddlewareBook;
}

/** Compiles the options of one audience. */
export function compileView(
  audience: ProxyAudience,
  { feed, middleware }: ViewSources,
): { readonly view: OptionView; readonly isConfigurationMissing: boolean } {
  const { namespace, configuration: name } = audience;
  const named = name === '' ? defaultConfiguration : feed.configuration(`${namespace}/${name}`);
  const configuration = named ?? closedConfiguration;
  const { options } = compileOptions({
    configuration,
    resiliencies: feed
      .resiliencies(namespace)
      .flatMap(({ parsed }) => parsed.resiliency ?? [])
      .filter((resiliency) => isForAudience(audience, resiliency)),
    components: middleware.componentsIn(namespace).filter((component) => isForAudience(audience, component)),
    placeOf: (component) => middleware.placeOf(component, configuration),
    known: middleware.known,
  });
  return { view: viewOf(options, configuration), isConfigurationMissing: named === null };
}

/** Nothing is allowed. */
export function closedView(): OptionView {
  const { apiAccess, apiLogging, metrics } = closedConfiguration;
  const options = { apiAccess, apiLogging, metrics, resilience: noResilience, pipelines: noPipelines };
  return viewOf(options, closedConfiguration);
}

function viewOf(options: TableOptions, configuration: Configuration): OptionView {
  const secretScopes = secretScopesInCluster(configuration);
  const variant = { key: secretScopes.length === 0 ? '' : canonicalJson(secretScopes), secretScopes };
  return { options, optionsDigest: optionsDigest(options), variant };
}
