/** A cluster in which none of an object's Secrets is there: what depends on them is left to the status. Pure. */
import type { TableFeed } from '../tables/table-feed.ts';
import type { Surroundings } from './findings.ts';

/** With its secret stores, and nothing else. */
export function clusterWithoutSecrets({ secretStoreKind }: Surroundings): TableFeed {
  return {
    endpoint: () => null,
    endpointKeys: () => [],
    secret: () => ({ state: 'missing' }),
    configuration: () => null,
    configurations: () => [],
    resiliencies: () => [],
    middleware: () => [],
    optionNamespaces: () => new Set(),
    secretStoreKind,
    secretStoreScopes: () => [],
  };
}
