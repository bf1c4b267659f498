/**
 * One HTTPEndpoint by its own text: compiled as the tables compile it, in a cluster where none of its Secrets is there. What
 * depends on them is left to the status. Total and pure.
 */
import type { Finding } from '#shared/compile/finding.ts';
import { parseHttpEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { compileEntry } from '../tables/compile-entry.ts';
import type { TableFeed } from '../tables/table-feed.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings, Surroundings } from './findings.ts';

/** About what it refers to, and still true whatever else is in the cluster: no proxy may use such a variable. */
const lastingReasons: readonly string[] = ['EnvNotAllowed'];
/** True now; a Component may come. */
const passingReasons: readonly string[] = ['SecretStoreNotFound', 'SecretStoreUnsupported'];

/** The findings about an HTTPEndpoint. */
export function endpointFindings(object: UnknownRecord, around: Surroundings): ObjectFindings {
  const parsed = parseHttpEndpoint(manifestFrom('HTTPEndpoint', object));
  const feed: TableFeed = {
    endpoint: () => ({ name: 'new', parsed, uid: '', generation: 0 }),
    endpointKeys: () => [],
    secret: () => ({ state: 'missing' }),
    configuration: () => null,
    configurations: () => [],
    resiliencies: () => [],
    middleware: () => [],
    optionNamespaces: () => new Set(),
    secretStoreKind: around.secretStoreKind,
    secretStoreScopes: () => [],
  };
  const namespace = parsed.state === 'nameless' ? parsed.problem.subject.namespace : parsed.endpoint.namespace;
  const entry = compileEntry(`${namespace}/new`, null, { feed, fingerprintKey: '', checkedPem: new Map() });
  const { specFindings = [], referenceFindings = [] } = entry?.report ?? {};
  const lasting = referenceFindings.filter(({ reason }) => lastingReasons.includes(reason));
  const passing = referenceFindings.filter(({ reason }) => passingReasons.includes(reason));
  return {
    errors: messagesOf([...specFindings, ...lasting], 'error'),
    warnings: [...messagesOf(specFindings, 'warning'), ...passing.map(({ message }) => message)],
  };
}

function messagesOf(findings: readonly Finding[], wanted: Finding['severity']): readonly string[] {
  return findings.filter(({ severity }) => severity === wanted).map(({ message }) => message);
}
