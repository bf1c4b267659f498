/** `kind: Configuration`: the parts that touch invocation, every mistake by its field. Pure. */
import type { Subject } from '../errors/problem.ts';
import type { ApiAccessRule, MetricRule } from '../table/endpoint-table.ts';
import { configurationSlips } from './configuration-slips.ts';
import { defaultConfiguration, type Configuration, type HandlerRef, type SecretScope } from './configuration.ts';
import { apiVersionOf, kindOf, type Manifest } from './manifest.ts';
import { recordFrom, withoutNulls, type UnknownRecord } from './read-field.ts';

export interface ConfigurationResult {
  readonly configuration: Configuration;
  /** Each begins with the location of its document. When there are any, the configuration is not to be used. */
  readonly mistakes: readonly string[];
}

/** Each request passes every handler, and each of them may hold what its Component says. */
const maxHandlers = 100;
const maxNameLength = 253;

/** Reads Configurations in order: a later one replaces what an earlier one says, field by field. */
export function parseConfiguration(manifests: readonly Manifest[]): ConfigurationResult {
  // A set, because every field of a map that is none would say so.
  const mistakes = new Set<string>();
  let merged: UnknownRecord = {};
  let { subject } = defaultConfiguration;
  for (const manifest of manifests) {
    if (!isConfiguration(manifest)) {
      mistakes.add(`${manifest.location}: it is no Configuration of dapr.io/v1alpha1`);
      continue;
    }
    const spec = recordFrom(withoutNulls(manifest.document['spec'])) ?? {};
    subject = subjectOf(manifest);
    for (const slip of configurationSlips(manifest.document)) mistakes.add(`${manifest.location}: ${slip}`);
    readSpec(spec, (mistake) => mistakes.add(`${manifest.location}: ${mistake}`));
    merged = mergeRecords(merged, spec);
  }
  return { configuration: { ...readSpec(merged, () => undefined), subject }, mistakes: [...mistakes] };
}

/** A file may leave out the name: only the file itself is named then. */
function subjectOf({ document, location }: Manifest): Subject {
  const metadata = recordFrom(document['metadata']);
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { kind: 'Configuration', namespace: text(metadata?.['namespace']), name: text(metadata?.['name']), location };
}

/** Dapr does not look at either field in a file; where they say something else, the wrong file was named. */
function isConfiguration(manifest: Manifest): boolean {
  return ['Configuration', ''].includes(kindOf(manifest)) && ['dapr.io/v1alpha1', ''].includes(apiVersionOf(manifest));
}

type Complain = (mistake: string) => void;

function readSpec(spec: UnknownRecord, complain: Complain): Omit<Configuration, 'subject'> {
  const read = new FieldReader(spec, complain);
  const { apiLogging, metrics } = defaultConfiguration;
  // `metric` is the older spelling; where both say something, `metrics` wins (spec/observability.md §3).
  const metricsPath = spec['metrics'] === undefined && spec['metric'] !== undefined ? 'metric' : 'metrics';
  const both = mergeRecords(read.record('metric'), read.record('metrics'));
  const readMetrics = new FieldReader({ [metricsPath]: both }, complain);
  const inMetrics = (field: string): string => `${metricsPath}.${field}`;
  return {
    apiAccess: { allowed: apiRules(read, 'api.allowed'), denied: apiRules(read, 'api.denied') },
    apiLogging: {
      enabled: read.boolean('logging.apiLogging.enabled', apiLogging.enabled),
      obfuscateUrls: read.boolean('logging.apiLogging.obfuscateURLs', apiLogging.obfuscateUrls),
      omitHealthChecks: read.boolean('logging.apiLogging.omitHealthChecks', apiLogging.omitHealthChecks),
    },
    metrics: {
      enabled: readMetrics.boolean(inMetrics('enabled'), metrics.enabled),
      increasedCardinality: readMetrics.boolean(inMetrics('http.increasedCardinality'), metrics.increasedCardinality),
      pathMatching: readMetrics.strings(inMetrics('http.pathMatching')),
      excludeVerbs: readMetrics.boolean(inMetrics('http.excludeVerbs'), metrics.excludeVerbs),
      recordErrorCodes: readMetrics.boolean(inMetrics('recordErrorCodes'), metrics.recordErrorCodes),
      latencyBucketsMs: readMetrics.numbers(inMetrics('latencyDistributionBuckets')),
      rules: metricRules(readMetrics, inMetrics('rules')),
    },
    secretScopes: secretScopes(read),
    pipelines: { http: handlers(read, 'httpPipeline.handlers'), app: handlers(read, 'appHttpPipeline.handlers') },
    deniedComponents: read.strings('components.deny').map((denied) => denied.toLowerCase()),
  };
}

function handlers(read: FieldReader, path: string): readonly HandlerRef[] {
  const items = read.records(path);
  if (items.length > maxHandlers) read.complain(`spec.${path} holds more than ${maxHandlers} handlers`);
  return items.map(({ item, itemPath }) => {
    const handler = new FieldReader(item, read.complain, `${itemPath}.`);
    const { name, type } = { name: handler.text('name', ''), type: handler.text('type', '') };
    // A handler that nobody can find would leave its traffic unguarded if it were left out.
    if (name === '') read.complain(`spec.${itemPath}.name is missing`);
    if (type === '') read.complain(`spec.${itemPath}.type is missing`);
    const version = handler.text('version', '') || 'v1';
    if ([name, type, version].some((text) => text.length > maxNameLength)) {
      read.complain(`spec.${itemPath} holds a text longer than ${maxNameLength} characters`);
    }
    return { name, type, version };
  });
}

function apiRules(read: FieldReader, path: string): readonly ApiAccessRule[] {
  return read.records(path).flatMap(({ item, itemPath }) => {
    const rule = new FieldReader(item, read.complain, `${itemPath}.`);
    const protocol = rule.text('protocol', '').toLowerCase() || 'http';
    const entry = { name: rule.text('name', ''), version: rule.text('version', '') };
    // An empty name would match everything by prefix; it is more likely a slip than a wish.
    if (entry.name === '') read.complain(`spec.${itemPath}.name is missing`);
    // A list without a rule for HTTP lets all of it by.
    if (!['http', 'grpc'].includes(protocol)) read.complain(`spec.${itemPath}.protocol must be http or grpc`);
    return protocol === 'http' ? [entry] : [];
  });
}

function metricRules(read: FieldReader, path: string): readonly MetricRule[] {
  return read.records(path).flatMap(({ item, itemPath }) => {
    const rule = new FieldReader(item, read.complain, `${itemPath}.`);
    const metric = rule.text('name', '');
    return rule.records('labels').map(({ item: labelItem, itemPath: labelPath }) => {
      const label = new FieldReader(labelItem, read.complain, `${labelPath}.`);
      const patterns = Object.entries(label.record('regex')).flatMap(([replacement, pattern]) => {
        if (typeof pattern === 'string') return [{ pattern, replacement }];
        read.complain(`spec.${labelPath}.regex.${replacement} must be a string`);
        return [];
      });
      return { metric, label: label.text('name', ''), patterns };
    });
  });
}

function secretScopes(read: FieldReader): readonly SecretScope[] {
  return read.records('secrets.scopes').map(({ item, itemPath }) => {
    const scope = new FieldReader(item, read.complain, `${itemPath}.`);
    const storeName = scope.text('storeName', '');
    if (storeName === '') read.complain(`spec.${itemPath}.storeName is missing`);
    const access = scope.text('defaultAccess', 'allow').toLowerCase();
    if (!['allow', 'deny', ''].includes(access)) read.complain(`spec.${itemPath}.defaultAccess must be allow or deny`);
    return {
      storeName,
      defaultAccess: access === 'deny' ? ('deny' as const) : ('allow' as const),
      allowedSecrets: scope.strings('allowedSecrets'),
      deniedSecrets: scope.strings('deniedSecrets'),
    };
  });
}

/** Reads fields by path; a field of the wrong kind is named and counts as absent. */
class FieldReader {
  readonly complain: Complain;
  readonly #fields: UnknownRecord;
  readonly #prefix: string;

  constructor(fields: UnknownRecord, complain: Complain, prefix = '') {
    this.#fields = fields;
    this.complain = complain;
    this.#prefix = prefix;
  }

  boolean(path: string, fallback: boolean): boolean {
    return this.#expect(path, 'true or false', (value) => (typeof value === 'boolean' ? value : null)) ?? fallback;
  }

  text(path: string, fallback: string): string {
    return this.#expect(path, 'a string', (value) => (typeof value === 'string' ? value : null)) ?? fallback;
  }

  strings(path: string): readonly string[] {
    return this.#list(path, 'a string', (item) => (typeof item === 'string' ? item : null));
  }

  numbers(path: string): readonly number[] {
    return this.#list(path, 'a number above 0', (item) => {
      const number = typeof item === 'bigint' ? Number(item) : item;
      return typeof number === 'number' && number > 0 && Number.isFinite(number) ? number : null;
    });
  }

  record(path: string): UnknownRecord {
    return this.#expect(path, 'a map', recordFrom) ?? {};
  }

  records(path: string): readonly { readonly item: UnknownRecord; readonly itemPath: string }[] {
    return this.#list(path, 'a map', (value, index) => {
      const item = recordFrom(value);
      return item === null ? null : { item, itemPath: `${this.#prefix}${path}[${index}]` };
    });
  }

  #list<Item>(path: string, what: string, convert: (value: unknown, index: number) => Item | null): readonly Item[] {
    const values = this.#expect(path, 'a list', (value) => (Array.isArray(value) ? (value as unknown[]) : null)) ?? [];
    return values.flatMap((value, index) => {
      const item = convert(value, index);
      if (item === null) this.complain(`spec.${this.#prefix}${path}[${index}] must be ${what}`);
      return item === null ? [] : [item];
    });
  }

  #expect<Value>(path: string, what: string, convert: (value: unknown) => Value | null): Value | null {
    let value: unknown = this.#fields;
    let at = '';
    for (const step of path.split('.')) {
      const record = recordFrom(value);
      if (record === null) {
        this.complain(`spec.${this.#prefix}${at} must be a map`);
        return null;
      }
      value = record[step];
      if (value === undefined) return null;
      at = at === '' ? step : `${at}.${step}`;
    }
    const converted = convert(value);
    if (converted === null) this.complain(`spec.${this.#prefix}${path} must be ${what}`);
    return converted;
  }
}

/** Maps are merged, everything else is replaced. */
function mergeRecords(base: UnknownRecord, over: UnknownRecord): UnknownRecord {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const inner = recordFrom(value);
    const present = recordFrom(merged[name]);
    merged[name] = inner !== null && present !== null ? mergeRecords(present, inner) : value;
  }
  return merged;
}
