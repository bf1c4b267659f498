/**
 * The one compiler: everything that users wrote, at one moment, for one audience -> the table that is true for it, and
 * what is wrong. Total: a bad endpoint is refused by name and hides nothing else. Pure: no I/O, no clock, no logger.
 */
import type { Problem } from '../errors/problem.ts';
import type { HttpEndpoint } from '../resources/http-endpoint.ts';
import type { Endpoint, EndpointTable, TableOptions } from '../table/endpoint-table.ts';
import {
  canTakeOver,
  compileEndpoint,
  gatherInputs,
  refusedEndpoint,
  type CompiledEndpoint,
} from './compile-endpoint.ts';
import { compileOptions } from './compile-options.ts';
import { canonicalJson, digestOf } from './fingerprint.ts';
import { isForAudience } from './is-for-audience.ts';
import { KnownMiddleware } from './known-middleware.ts';
import { optionsDigest } from './options-digest.ts';
import { placeIn, type LookupPlace } from './look-up-value.ts';
import type { Audience, Snapshot } from './snapshot.ts';

export interface Compilation {
  readonly table: EndpointTable;
  readonly problems: readonly Problem[];
  /** What each resource led to; the next compile takes over what still holds. */
  readonly compiledByName: ReadonlyMap<string, CompiledEndpoint>;
}

/** Where a resource belongs when neither it nor its audience names a namespace: where kubectl would put it. */
export const defaultNamespace = 'default';

/**
 * Compiles. With the `previous` compilation for the same audience, an endpoint whose resource holds the same objects and
 * whose references lead to the same values is taken over as it is, so that one change of a thousand costs about one.
 */
export function compile(snapshot: Snapshot, audience: Audience, previous: Compilation | null = null): Compilation {
  const endpointsByName = new Map<string, Endpoint>();
  const compiledByName = new Map<string, CompiledEndpoint>();
  const locationsByName = new Map<string, string>();
  const problems: Problem[] = [...snapshot.problems];
  const options = { fingerprintKey: snapshot.fingerprintKey, checkedPem: new Map() };

  // Before anything is resolved: nobody is given, or told about, what is not theirs.
  for (const resource of snapshot.endpoints.filter((endpoint) => isForAudience(audience, endpoint))) {
    if (!claimName(resource)) continue;
    const inputs = gatherInputs(resource, placeOf(resource));
    const former = previous?.compiledByName.get(resource.name);
    const compiled =
      former !== undefined && canTakeOver(former, resource, inputs)
        ? { ...former, resource, inputs }
        : compileEndpoint(resource, inputs, options);
    compiledByName.set(resource.name, compiled);
    endpointsByName.set(resource.name, compiled.endpoint);
    for (const { reason, message, severity } of compiled.findings) {
      problems.push({ subject: resource.subject, reason, message, severity });
    }
  }
  for (const { subject, message } of snapshot.invalidEndpoints.filter((endpoint) =>
    isForAudience(audience, endpoint),
  )) {
    problems.push({ subject, reason: 'InvalidSchema', message, severity: 'error' });
    if (endpointsByName.has(subject.name)) continue;
    endpointsByName.set(subject.name, refusedEndpoint(subject.name, 'InvalidSchema', message));
  }
  const resiliencies = snapshot.resiliencies.filter((resiliency) => isForAudience(audience, resiliency));
  const components = snapshot.middleware.filter((component) => isForAudience(audience, component));
  const { configuration, fingerprintKey } = snapshot;
  const known = new KnownMiddleware(fingerprintKey);
  const compiled = compileOptions({ configuration, resiliencies, components, placeOf, known });
  problems.push(...compiled.problems);
  return { table: tableFrom(endpointsByName, compiled.options), problems, compiledByName };

  function placeOf({ namespace, secretStore }: Pick<HttpEndpoint, 'namespace' | 'secretStore'>): LookupPlace {
    return placeIn(snapshot, {
      namespace: namespace || audience.namespace || defaultNamespace,
      storeName: secretStore || snapshot.defaultSecretStore,
    });
  }

  function claimName({ name, subject }: HttpEndpoint): boolean {
    const location = locationsByName.get(name);
    if (location === undefined) {
      locationsByName.set(name, subject.location);
      return true;
    }
    const message = `there is another HTTPEndpoint ${name} in ${location}, which is used; this one is not`;
    problems.push({ subject, reason: 'DuplicateName', message, severity: 'error' });
    return false;
  }
}

function tableFrom(endpointsByName: ReadonlyMap<string, Endpoint>, options: TableOptions): EndpointTable {
  const sorted = [...endpointsByName].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const revisions = sorted.map(([name, { revision }]) => [name, revision]);
  return {
    ...options,
    revision: digestOf(canonicalJson([revisions, optionsDigest(options)])),
    endpointsByName: new Map(sorted),
  };
}
