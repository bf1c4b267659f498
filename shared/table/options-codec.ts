/**
 * Options as JSON and back, secrets included: for the wire between operator and proxy and for the proxy's cache in memory-backed
 * storage, and nowhere else.
 */
import * as z from 'zod/mini';
import type { TableOptions } from './endpoint-table.ts';
import { middlewareTypes, type MiddlewareEntry } from './middleware.ts';
import { decodeSensitive, encodeSensitive, sensitiveSchema } from './sensitive-codec.ts';

const texts = z.readonly(z.array(z.string().check(z.maxLength(16_384))).check(z.maxLength(10_000)));
const text = z.string().check(z.maxLength(16_384));

const name = z.string().check(z.maxLength(2_048));

const apiAccessRules = z.readonly(
  z.array(z.readonly(z.object({ name: text, version: text }))).check(z.maxLength(10_000)),
);
const metricRules = z.readonly(
  z
    .array(
      z.readonly(
        z.object({
          metric: text,
          label: text,
          patterns: z.readonly(
            z.array(z.readonly(z.object({ pattern: text, replacement: text }))).check(z.maxLength(10_000)),
          ),
        }),
      ),
    )
    .check(z.maxLength(10_000)),
);
const policyOrigin = { name, resource: name };
const duration = z.number().check(z.minimum(0));
const count = z.int();
const targetPolicies = z.readonly(
  z.object({
    timeout: z.nullable(z.readonly(z.object({ ...policyOrigin, timeoutMs: duration }))),
    retry: z.nullable(
      z.readonly(
        z.object({
          ...policyOrigin,
          backoff: z.enum(['constant', 'exponential']),
          initialIntervalMs: duration,
          multiplier: z.number().check(z.minimum(1)),
          maxIntervalMs: duration,
          jitter: z.enum(['none', 'half', 'full']),
          maxRetries: count.check(z.minimum(-1)),
          maxElapsedMs: duration,
          statusRanges: z.nullable(
            z.readonly(z.array(z.readonly(z.object({ from: count, to: count }))).check(z.maxLength(1_000))),
          ),
          methods: z.nullable(texts),
        }),
      ),
    ),
    breaker: z.nullable(
      z.readonly(
        z.object({
          ...policyOrigin,
          maxRequests: count.check(z.minimum(1)),
          intervalMs: duration,
          timeoutMs: duration,
          trip: text,
        }),
      ),
    ),
  }),
);
const resilienceSchema = z.readonly(
  z.object({
    resources: z.readonly(z.array(z.readonly(z.object({ name, namespace: name }))).check(z.maxLength(10_000))),
    targets: z.readonly(
      z.array(z.readonly(z.object({ key: name, policies: targetPolicies }))).check(z.maxLength(10_000)),
    ),
    defaults: targetPolicies,
  }),
);
const middlewareList = z.readonly(
  z
    .array(
      z.discriminatedUnion('state', [
        z.object({
          state: z.literal('ready'),
          name,
          type: name,
          revision: name,
          settings: z.array(z.object({ name, value: sensitiveSchema })).check(z.maxLength(1_000)),
          environmentSettings: z.array(z.object({ name, variable: name })).check(z.maxLength(1_000)),
        }),
        z.object({ state: z.literal('refused'), name, type: name, revision: name, reason: name, message: text }),
      ]),
    )
    .check(z.maxLength(1_000)),
);
export const encodedOptions = z.readonly(
  z.object({
    apiAccess: z.readonly(z.object({ allowed: apiAccessRules, denied: apiAccessRules })),
    apiLogging: z.readonly(
      z.object({ enabled: z.boolean(), obfuscateUrls: z.boolean(), omitHealthChecks: z.boolean() }),
    ),
    metrics: z.readonly(
      z.object({
        enabled: z.boolean(),
        increasedCardinality: z.boolean(),
        pathMatching: texts,
        excludeVerbs: z.boolean(),
        recordErrorCodes: z.boolean(),
        latencyBucketsMs: z.readonly(z.array(z.number()).check(z.maxLength(10_000))),
        rules: metricRules,
      }),
    ),
    resilience: resilienceSchema,
    pipelines: z.readonly(z.object({ http: middlewareList, app: middlewareList })),
  }),
);

type EncodedOptions = z.infer<typeof encodedOptions>;
type EncodedMiddleware = EncodedOptions['pipelines']['http'][number];

/** A value for JSON.stringify. It reveals every secret: only for the wire and the memory-backed cache. */
export function encodeOptions({ apiAccess, apiLogging, metrics, resilience, pipelines }: TableOptions): EncodedOptions {
  const { http, app } = pipelines;
  const encoded = { http: http.map(encodeMiddleware), app: app.map(encodeMiddleware) };
  return { apiAccess, apiLogging, metrics, resilience, pipelines: encoded };
}

/** Wraps secrets again in what `encodedOptions` has checked. */
export function decodeOptions(options: EncodedOptions): TableOptions {
  const { http, app } = options.pipelines;
  return { ...options, pipelines: { http: http.map(decodeMiddleware), app: app.map(decodeMiddleware) } };
}

function encodeMiddleware(entry: MiddlewareEntry): EncodedMiddleware {
  if (entry.state === 'refused') return entry;
  const { state, name: component, type, revision, settings, environmentSettings } = entry;
  return {
    state,
    name: component,
    type,
    revision,
    settings: settings.map((setting) => ({ name: setting.name, value: encodeSensitive(setting.value) })),
    environmentSettings: environmentSettings.map((setting) => ({ name: setting.name, variable: setting.variable })),
  };
}

/** A type of a later version cannot be left out: what it guards is refused. */
function decodeMiddleware(entry: EncodedMiddleware): MiddlewareEntry {
  if (entry.state === 'refused') return entry;
  const type = middlewareTypes.find((known) => known === entry.type);
  if (type === undefined) {
    const { name: component, type: unknownType, revision } = entry;
    const message = `${unknownType} is no type of middleware that this proxy has`;
    return { state: 'refused', name: component, type: unknownType, revision, reason: 'MiddlewareUnsupported', message };
  }
  return {
    ...entry,
    type,
    settings: entry.settings.map((setting) => ({ ...setting, value: decodeSensitive(setting.value) })),
  };
}
