/**
 * What holds for one audience, made of what the feed and the book of middleware hold: first what is for it, then what that comes
 * to, which is the same for all who have the same. Pure apart from reading both.
 */
import { compileOptions } from '#shared/compile/compile-options.ts';
import { canonicalJson } from '#shared/compile/fingerprint.ts';
import { isForAudience } from '#shared/compile/is-for-audience.ts';
import { optionsDigest } from '#shared/compile/options-digest.ts';
import type { Component } from '#shared/resources/component.ts';
import { defaultConfiguration, type Configuration } from '#shared/resources/configuration.ts';
import type { Resiliency } from '#shared/resources/resiliency.ts';
import type { TableOptions } from '#shared/table/endpoint-table.ts';
import { noResilience } from '#shared/table/resilience.ts';
import type { ProxyAudience } from './audience-table.ts';
import { closedConfiguration, closedPipelines } from './closed-configuration.ts';
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

/** Everything that is for one audience. */
export interface ViewSelection {
  readonly audience: ProxyAudience;
  /** Names all that follows: at one moment, equal keys mean equal selections. */
  readonly key: string;
  readonly configuration: Configuration;
  readonly isConfigurationMissing: boolean;
  readonly resiliencies: readonly Resiliency[];
  /** Only those that a pipeline may name. */
  readonly components: readonly Component[];
}

/** Chooses. */
export function selectionFor(audience: ProxyAudience, { feed, middleware }: ViewSources): ViewSelection {
  const { namespace, configuration: name } = audience;
  const named = name === '' ? defaultConfiguration : feed.configuration(`${namespace}/${name}`);
  const configuration = named ?? closedConfiguration;
  const { http, app } = configuration.pipelines;
  const handlers = new Set([...http, ...app].map((handler) => handler.name));
  const resiliencies = feed
    .resiliencies(namespace)
    .flatMap(({ parsed }) => parsed.resiliency ?? [])
    .filter((resiliency) => isForAudience(audience, resiliency));
  const components = handlers.size === 0 ? [] : middleware.componentsIn(namespace);
  const chosen = components.filter((component) => handlers.has(component.name) && isForAudience(audience, component));
  const names = [[name], namesOf(resiliencies), namesOf(chosen)];
  return {
    audience,
    // No name of Kubernetes holds a slash or a comma.
    key: `${namespace}/${names.map((part) => part.join()).join('/')}`,
    configuration,
    isConfigurationMissing: named === null,
    resiliencies,
    components: chosen,
  };
}

/** Compiles the options. */
export function compileView(selection: ViewSelection, middleware: MiddlewareBook): OptionView {
  const { audience, configuration, isConfigurationMissing, resiliencies, components } = selection;
  const { options } = compileOptions({
    configuration,
    resiliencies,
    components,
    placeOf: (component) => middleware.placeOf(component, configuration),
    known: middleware.known,
  });
  if (configuration !== closedConfiguration) return viewOf(options, configuration);
  const pipelines = closedPipelines(audience, isConfigurationMissing ? 'missing' : 'broken');
  return viewOf({ ...options, pipelines }, configuration);
}

/** Nothing is allowed to an audience whose view could not be compiled. */
export function closedView(audience: ProxyAudience): OptionView {
  const { apiAccess, apiLogging, metrics } = closedConfiguration;
  const pipelines = closedPipelines(audience, 'bug');
  const options = { apiAccess, apiLogging, metrics, resilience: noResilience, pipelines };
  return viewOf(options, closedConfiguration);
}

function viewOf(options: TableOptions, configuration: Configuration): OptionView {
  const secretScopes = secretScopesInCluster(configuration);
  const variant = { key: secretScopes.length === 0 ? '' : canonicalJson(secretScopes), secretScopes };
  return { options, optionsDigest: optionsDigest(options), variant };
}

function namesOf(resources: readonly { readonly name: string }[]): readonly string[] {
  return resources.map(({ name }) => name);
}
