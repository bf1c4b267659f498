/**
 * A document of kind Resiliency, checked against the schema in crds/ and decoded. Pure. Total: a policy or a target that is
 * wrong is left out by name, and the rest holds.
 */
import type { Problem } from '../errors/problem.ts';
import { decodeBreaker } from '../resilience/decode-breaker.ts';
import { decodeRetry } from '../resilience/decode-retry.ts';
import { PolicyFields, type Decoded } from '../resilience/policy-fields.ts';
import { parseTargetKey } from '../resilience/target-key.ts';
import { msFromDurationOrNumber } from '../settings/duration-or-number.ts';
import type { TimeoutPolicy } from '../table/resilience.ts';
import { validateResiliency } from './generated/validate-resiliency.js';
import { apiVersionOf, identityOf, type Manifest } from './manifest.ts';
import { recordFrom, stringsFrom, withoutNulls, type UnknownRecord } from './read-field.ts';
import type { PolicyKind, Resiliency, WrittenPolicy, WrittenTarget } from './resiliency.ts';
import {
  fieldPath,
  pointerOf,
  schemaMistakeSentence,
  schemaMistakesWithin,
  stepsOf,
  type SchemaMistake,
} from './schema-mistake.ts';

export type ParsedResiliency =
  | { readonly resiliency: Resiliency; readonly problem: null }
  /** It has no name, or one part of it is no such thing at all: nothing of it can be used. */
  | { readonly resiliency: null; readonly problem: Problem };

/** Names and keys longer than this do not fit into a table. */
const maxNameLength = 1_024;

/** What has fixed fields around the policies and targets. */
const sections: readonly (readonly [steps: readonly string[], known: readonly string[]])[] = [
  [[], ['apiVersion', 'kind', 'metadata', 'scopes', 'spec', 'status']],
  [['spec'], ['policies', 'targets']],
  [
    ['spec', 'policies'],
    ['timeouts', 'retries', 'circuitBreakers'],
  ],
  [
    ['spec', 'targets'],
    ['apps', 'actors', 'components'],
  ],
];

/** Reads a Resiliency. */
export function parseResiliency(manifest: Manifest): ParsedResiliency {
  const { subject, problem } = identityOf(manifest);
  if (subject === null) return { resiliency: null, problem };
  const document = plainDocument(manifest.document);
  const mistakes = validateResiliency(document) ? [] : (validateResiliency.errors ?? []);
  const fatal = mistakes.filter((mistake) => placeOf(mistake) === null);
  if (fatal.length > 0) {
    const message = schemaMistakeSentence(fatal);
    return { resiliency: null, problem: { subject, reason: 'InvalidSchema', message, severity: 'error' } };
  }
  // As written: an entry of nothing is an entry still.
  const reader = new SpecReader(recordFrom(manifest.document['spec']) ?? {}, mistakes);
  const apiVersion = apiVersionOf(manifest);
  if (apiVersion !== '' && apiVersion !== 'dapr.io/v1alpha1') reader.warnOfVersion();
  for (const [steps, known] of sections) reader.warnOfOthers(manifest.document, steps, known);
  const policies = {
    timeouts: reader.policies('timeouts', decodeTimeout),
    retries: reader.policies('retries', (value) => decodeRetry(recordFrom(value) ?? {})),
    circuitBreakers: reader.policies('circuitBreakers', (value) => decodeBreaker(recordFrom(value) ?? {})),
  };
  const targets = reader.targets();
  const { name, namespace } = subject;
  const scopes = stringsFrom(document['scopes']);
  const { leftOut, findings } = reader;
  return { resiliency: { subject, name, namespace, scopes, policies, leftOut, targets, findings }, problem: null };
}

/** Collects what is right of a spec, and names what is not. */
class SpecReader {
  readonly findings: Resiliency['findings'][number][] = [];
  readonly leftOut = { timeouts: new Set<string>(), retries: new Set<string>(), circuitBreakers: new Set<string>() };
  readonly #spec: UnknownRecord;
  readonly #mistakesByPlace = new Map<string, SchemaMistake[]>();

  constructor(spec: UnknownRecord, mistakes: readonly SchemaMistake[]) {
    this.#spec = spec;
    for (const mistake of mistakes) {
      const place = placeOf(mistake) ?? '';
      this.#mistakesByPlace.set(place, [...(this.#mistakesByPlace.get(place) ?? []), mistake]);
    }
    for (const [place, found] of this.#mistakesByPlace) {
      const message = `${fieldPath(place)} is left out: ${schemaMistakesWithin(place, found, { spec })}`;
      this.#note('error', 'InvalidSchema', message);
    }
  }

  /** A folder may hold it; an API server would not take it. */
  warnOfVersion(): void {
    this.#note('warning', 'NoEffect', 'apiVersion should be dapr.io/v1alpha1, as which it is read');
  }

  /** A slip in the name of a section would go unnoticed, as one in a policy. */
  warnOfOthers(document: UnknownRecord, steps: readonly string[], known: readonly string[]): void {
    const section = steps.reduce<UnknownRecord | null>((at, step) => recordFrom(at?.[step]), document);
    const fields = new PolicyFields(section ?? {});
    fields.warnOfOthers(known);
    const path = steps.length === 0 ? '' : `${fieldPath(pointerOf(steps))}: `;
    for (const warning of fields.warnings) this.#note('warning', 'NoEffect', `${path}${warning}`);
  }

  policies<Policy>(kind: PolicyKind, decode: (value: unknown) => Decoded<Policy>): ReadonlyMap<string, Policy> {
    const right = new Map<string, Policy>();
    for (const [name, value] of this.#entries(['policies', kind])) {
      const decoded = isUsableName(name) ? decode(value) : unusableName;
      if (this.#accept(['policies', kind, name], decoded)) right.set(name, decoded.policy);
      else this.leftOut[kind].add(name);
    }
    for (const place of this.#mistakesByPlace.keys()) {
      const [, section, of, name] = stepsOf(place);
      if (section === 'policies' && of === kind && name !== undefined) this.leftOut[kind].add(name);
    }
    return right;
  }

  targets(): readonly WrittenTarget[] {
    return this.#entries(['targets', 'apps']).flatMap(([key, value]) => {
      const decoded = isUsableName(key) ? decodeTarget(key, recordFrom(value) ?? {}) : unusableName;
      return this.#accept(['targets', 'apps', key], decoded) ? [decoded.policy] : [];
    });
  }

  /** Those that the schema finds right, in order. */
  #entries([section, kind]: readonly [string, string]): readonly (readonly [string, unknown])[] {
    const entries = recordFrom(recordFrom(this.#spec[section])?.[kind]) ?? {};
    return Object.entries(entries).filter(
      ([name]) => !this.#mistakesByPlace.has(pointerOf(['spec', section, kind, name])),
    );
  }

  #accept<Policy>(steps: readonly string[], decoded: Decoded<Policy>): decoded is Decoded<Policy> & { policy: Policy } {
    const path = fieldPath(pointerOf(['spec', ...steps]));
    const { policy, mistakes, warnings } = decoded;
    if (policy === null) this.#note('error', 'InvalidValue', `${path} is left out: ${mistakes.join('; ')}`);
    for (const warning of warnings) this.#note('warning', 'NoEffect', `${path}: ${warning}`);
    return policy !== null;
  }

  #note(severity: 'error' | 'warning', reason: string, message: string): void {
    this.findings.push({ severity, reason, message, origin: 'spec' });
  }
}

function decodeTimeout(value: unknown): Decoded<WrittenPolicy<TimeoutPolicy>> {
  const timeoutMs = msFromDurationOrNumber(String(value));
  if (timeoutMs === null) return mistaken('it is no duration such as 5s, nor a whole number of milliseconds');
  if (timeoutMs < 0) return mistaken('it must not be negative');
  return { policy: { timeoutMs }, mistakes: [], warnings: [] };
}

function decodeTarget(key: string, record: UnknownRecord): Decoded<WrittenTarget> {
  const fields = new PolicyFields(record);
  // The cache is Dapr's, which has a breaker for each path; here a target has one.
  fields.warnOfOthers(['timeout', 'retry', 'circuitBreaker', 'circuitBreakerCacheSize']);
  if (fields.number('circuitBreakerCacheSize', 0) < 0) {
    fields.mistakes.push('circuitBreakerCacheSize must not be negative');
  }
  const parsed = parseTargetKey(key);
  if (parsed.kind === 'invalid') fields.mistakes.push(`no call is for such a target: ${parsed.mistake}`);
  const timeout = fields.text('timeout');
  const retry = fields.text('retry');
  return fields.decoded({ key, timeout, retry, circuitBreaker: fields.text('circuitBreaker') });
}

function mistaken<Policy>(mistake: string): Decoded<Policy> {
  return { policy: null, mistakes: [mistake], warnings: [] };
}

const unusableName = mistaken<never>(`its name must have from 1 to ${maxNameLength} characters`);

function isUsableName(name: string): boolean {
  return name !== '' && name.length <= maxNameLength;
}

/** What the validator is to see: numbers as JSON has them, no nulls, and both halves of a spec, which a file need not have. */
function plainDocument(document: UnknownRecord): UnknownRecord {
  const plain = recordFrom(withPlainNumbers(withoutNulls(document))) ?? {};
  const spec = plain['spec'] === undefined ? {} : recordFrom(plain['spec']);
  return spec === null ? plain : { ...plain, spec: { policies: {}, targets: {}, ...spec } };
}

function withPlainNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  const record = recordFrom(value);
  if (record === null) return value;
  return Object.fromEntries(Object.entries(record).map(([name, field]) => [name, withPlainNumbers(field)]));
}

/** Which part of the document is left out for a mistake, as a pointer. Null: all of it. */
function placeOf({ instancePath }: SchemaMistake): string | null {
  const steps = stepsOf(instancePath);
  const isWithinSpec = steps.length > 1 && steps[0] === 'spec';
  return isWithinSpec ? pointerOf(steps.slice(0, 4)) : null;
}
