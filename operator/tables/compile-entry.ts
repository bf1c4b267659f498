/**
 * One HTTPEndpoint of the API server -> its entry, given the entry before. Total and pure, apart from reading the feed. For
 * every proxy at once: what one Configuration denies is taken away later (denied-endpoint.ts).
 */
import {
  canTakeOver,
  compileEndpoint,
  gatherInputs,
  refusedEndpoint,
  type CompiledEndpoint,
} from '#shared/compile/compile-endpoint.ts';
import type { CheckedPem } from '#shared/compile/compile-tls.ts';
import type { Finding } from '#shared/compile/finding.ts';
import type { HttpEndpoint } from '#shared/resources/http-endpoint.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import { builtinStoreName, placeInCluster } from './place-in-cluster.ts';
import { scopesInBoth, scopesWithStore, type ScopesWithStore } from './scopes-with-store.ts';
import { secretUsesOf } from './secret-uses.ts';
import type { StoredEndpoint, TableFeed } from './table-feed.ts';

export interface EntryTools {
  readonly feed: TableFeed;
  readonly fingerprintKey: string;
  /** Lives as long as one round. */
  readonly checkedPem: CheckedPem;
}

/** Each scope costs an index entry. */
const maxScopes = 10_000;

/** `null`: there is no such endpoint. */
export function compileEntry(key: string, former: EndpointEntry | null, tools: EntryTools): EndpointEntry | null {
  const stored = tools.feed.endpoint(key);
  if (stored === null) return null;
  const { parsed } = stored;
  switch (parsed.state) {
    case 'nameless':
      return entryOf({ key, stored, specFindings: [specError(parsed.problem.reason, parsed.problem.message)] });
    case 'invalid': {
      const { scopes, message } = parsed.endpoint;
      return entryOf({ key, stored, scopes, specFindings: [specError('InvalidSchema', message)] });
    }
    case 'valid':
      return compileValid({ key, stored, resource: parsed.endpoint }, former, tools);
  }
}

/** The entry of an endpoint that could not be compiled because of a mistake of ours. */
export function brokenEntry(key: string, stored: StoredEndpoint): EndpointEntry {
  const scopes = 'endpoint' in stored.parsed ? stored.parsed.endpoint.scopes : [];
  return entryOf({
    key,
    stored,
    scopes,
    specFindings: [specError('InternalError', 'the operator could not compile it')],
  });
}

interface Given {
  readonly key: string;
  readonly stored: StoredEndpoint;
  readonly resource: HttpEndpoint;
}

function compileValid(
  { key, stored, resource }: Given,
  former: EndpointEntry | null,
  tools: EntryTools,
): EndpointEntry {
  const { feed } = tools;
  const secretParts = secretPartsOf(key, resource);
  const { scopes, findings: referenceFindings } = scopesFor(resource, secretParts, feed);
  if (scopes === null) return entryOf({ key, stored, ...secretParts, isForNobody: true, referenceFindings });
  const parts = { key, stored, scopes, ...secretParts, referenceFindings };
  if (scopes.length > maxScopes) {
    const message = `scopes names more than ${maxScopes} apps; leave it out, or use several endpoints`;
    return entryOf({ ...parts, isForNobody: true, specFindings: [specError('TooManyScopes', message)] });
  }
  const place = placeInCluster(feed, { namespace: namespaceOf(key), storeName: parts.storeName });
  const pending = place.hasSecrets
    ? parts.secretKeys.find((secret) => feed.secret(secret).state === 'pending')
    : undefined;
  if (pending !== undefined) return waitingEntry({ ...parts, pending }, former);

  const isSameSpec = isSame(former, stored);
  const known = former?.compiled ?? null;
  const now = isSameSpec && known !== null ? known.resource : resource;
  const inputs = gatherInputs(now, place);
  const compiled: CompiledEndpoint =
    known !== null && canTakeOver(known, now, inputs)
      ? { ...known, resource: now, inputs }
      : compileEndpoint(now, inputs, tools);
  // A change of the resource never inherits: its author is there to see what comes of it.
  const usesLastGood = isSameSpec && former?.endpoint?.state === 'ready' && isBrokenByReferences(compiled);
  return entryOf({ ...parts, compiled, usesLastGood, former });
}

function scopesFor(
  { scopes, namespace }: HttpEndpoint,
  { storeName, secretUses }: SecretParts,
  feed: TableFeed,
): ScopesWithStore {
  const storeScopes = secretUses.length === 0 ? [] : feed.secretStoreScopes(namespace, storeName);
  return scopesWithStore([...new Set(scopes)], { storeName, storeScopes, what: 'endpoint' });
}

/** Same object, same content. Without a generation nobody knows. */
function isSame(former: EndpointEntry | null, { uid, generation }: StoredEndpoint): boolean {
  return former !== null && former.uid === uid && generation > 0 && former.generation === generation;
}

function isBrokenByReferences({ endpoint, findings }: CompiledEndpoint): boolean {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return endpoint.state === 'refused' && errors.every(({ origin }) => origin === 'reference');
}

interface SecretParts {
  readonly storeName: string;
  readonly secretUses: EndpointEntry['secretUses'];
  readonly secretKeys: readonly string[];
}

function secretPartsOf(key: string, resource: HttpEndpoint): SecretParts {
  const secretUses = secretUsesOf(resource);
  const secretKeys = [...new Set(secretUses.map(({ secretName }) => `${namespaceOf(key)}/${secretName}`))];
  return { storeName: resource.secretStore || builtinStoreName, secretUses, secretKeys };
}

interface WaitingParts extends SecretParts {
  readonly key: string;
  readonly stored: StoredEndpoint;
  readonly scopes: readonly string[];
  readonly referenceFindings: readonly Finding[];
  readonly pending: string;
}

/**
 * Until every Secret is known, the entry before stays in use, for those whom both the old and the new resource name: nobody
 * gets what the new one does not give, and nobody new gets what was meant for others.
 */
function waitingEntry({ pending, ...parts }: WaitingParts, former: EndpointEntry | null): EndpointEntry {
  if (former === null || former.endpoint === null || former.uid !== parts.stored.uid) {
    const message = `secret ${pending} is being read`;
    const finding: Finding = { reason: 'SecretPending', message, severity: 'warning', origin: 'reference' };
    return entryOf({ ...parts, isForNobody: true, referenceFindings: [...parts.referenceFindings, finding] });
  }
  const scopes = scopesInBoth(former.scopes, parts.scopes);
  const secretKeys = [...new Set([...former.secretKeys, ...parts.secretKeys])];
  const { endpoint } = former;
  if (scopes !== null) return { ...former, endpoint, scopes, secretKeys };
  return { ...former, endpoint: null, secretKeys, report: { ...former.report, revision: '' } };
}

interface EntryParts extends Partial<SecretParts> {
  readonly key: string;
  readonly stored: StoredEndpoint;
  readonly scopes?: readonly string[];
  readonly isForNobody?: boolean;
  readonly compiled?: CompiledEndpoint;
  readonly usesLastGood?: boolean;
  readonly former?: EndpointEntry | null;
  /** Without `compiled`. */
  readonly specFindings?: readonly Finding[];
  /** Beside those of `compiled`. */
  readonly referenceFindings?: readonly Finding[];
}

function entryOf(parts: EntryParts): EndpointEntry {
  const { key, stored, scopes = [], compiled = null, usesLastGood = false, isForNobody = false } = parts;
  const { uid, generation } = stored;
  const namespace = namespaceOf(key);
  const name = key.slice(namespace.length + 1);
  const endpoint = isForNobody || stored.parsed.state === 'nameless' ? null : endpointOf(name, parts);
  const findings = [...(compiled?.findings ?? parts.specFindings ?? []), ...(parts.referenceFindings ?? [])];
  const report = {
    namespace,
    name,
    uid,
    generation,
    specFindings: findings.filter(({ origin }) => origin === 'spec'),
    referenceFindings: findings
      .filter(({ origin }) => origin === 'reference')
      .map((finding) => (usesLastGood ? withLastGood(finding) : finding)),
    usesLastGood,
    revision: endpoint?.revision ?? '',
    scopes,
  };
  const { storeName = builtinStoreName, secretUses = [], secretKeys = [] } = parts;
  return {
    key,
    namespace,
    name,
    uid,
    generation,
    compiled,
    endpoint,
    scopes,
    storeName,
    secretUses,
    secretKeys,
    report,
  };
}

/** An equal endpoint stays the same object, so that whatever was made of it stays too. */
function endpointOf(name: string, parts: EntryParts): EndpointEntry['endpoint'] {
  const { compiled = null, usesLastGood = false, former = null, specFindings = [] } = parts;
  const known = former?.endpoint ?? null;
  if (usesLastGood) return known;
  const [first] = specFindings;
  const made = compiled?.endpoint ?? refusedEndpoint(name, first?.reason ?? 'NotCompiled', first?.message ?? '');
  return made.revision === known?.revision ? known : made;
}

/** It is kept in memory only: on disk or in the API server it would outlive the Secret. */
function withLastGood(finding: Finding): Finding {
  if (finding.severity !== 'error') return finding;
  return { ...finding, message: `${finding.message}; the last good value stays in use until the operator restarts` };
}

function specError(reason: string, message: string): Finding {
  return { reason, message, severity: 'error', origin: 'spec' };
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
