/**
 * One HTTPEndpoint by its own text: compiled as the tables compile it, in a cluster where none of its Secrets is there. Total and
 * pure.
 */
import { parseHttpEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { compileEntry } from '../tables/compile-entry.ts';
import type { TableFeed } from '../tables/table-feed.ts';
import { clusterWithoutSecrets } from './cluster-without-secrets.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings, Surroundings } from './findings.ts';
import { messagesOf, referenceFindings } from './reference-findings.ts';

/** The findings about an HTTPEndpoint. */
export function endpointFindings(object: UnknownRecord, around: Surroundings): ObjectFindings {
  const parsed = parseHttpEndpoint(manifestFrom('HTTPEndpoint', object));
  const feed: TableFeed = {
    ...clusterWithoutSecrets(around),
    endpoint: () => ({ name: 'new', parsed, uid: '', generation: 0 }),
  };
  const namespace = parsed.state === 'nameless' ? parsed.problem.subject.namespace : parsed.endpoint.namespace;
  const entry = compileEntry(`${namespace}/new`, null, { feed, fingerprintKey: '', checkedPem: new Map() });
  const { specFindings = [], referenceFindings: references = [] } = entry?.report ?? {};
  const { lasting, passing } = referenceFindings(references);
  return {
    errors: messagesOf([...specFindings, ...lasting], 'error'),
    warnings: [...messagesOf(specFindings, 'warning'), ...messagesOf(passing, 'error')],
  };
}
