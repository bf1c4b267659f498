/** One entry of `spec.policies.retries` (spec/resiliency.md §1, §4), with what Farpoint adds to it. Pure. */
import { METHODS } from 'node:http';
import type { WrittenPolicy } from '../resources/resiliency.ts';
import { recordFrom, type UnknownRecord } from '../resources/read-field.ts';
import type { RetryPolicy, StatusRange } from '../table/resilience.ts';
import { nearestName } from '../settings/nearest-name.ts';
import { PolicyFields, type Decoded } from './policy-fields.ts';
import { grpcStatuses, httpStatuses, parseStatusRanges } from './status-ranges.ts';

const known = [
  'policy',
  'duration',
  'initialInterval',
  'multiplier',
  'maxInterval',
  'jitter',
  'maxRetries',
  'maxElapsedTime',
  'matching',
];
/** Fields of the one kind that say nothing to the other. */
const idleFields = { constant: ['initialInterval', 'multiplier'], exponential: ['duration'] } as const;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const maxMethods = 64;
const usualMethods = ['POST', 'PATCH', 'PUT', 'DELETE', 'GET', 'HEAD', 'OPTIONS'];

/** Decodes it. Values that are not given are Dapr's defaults, but for the longest time, which Dapr has for exponential only. */
export function decodeRetry(record: UnknownRecord): Decoded<WrittenPolicy<RetryPolicy>> {
  const fields = new PolicyFields(record);
  fields.warnOfOthers(known);
  const backoff = backoffFrom(fields);
  for (const name of idleFields[backoff]) {
    if (fields.has(name)) fields.warnings.push(`${name} has no effect, as the policy is ${backoff}`);
  }
  const isConstant = backoff === 'constant';
  const durationMs = fields.durationMs('duration', 5_000);
  const initialIntervalMs = fields.durationMs('initialInterval', 500);
  const maxIntervalMs = fields.durationMs('maxInterval', 60_000);
  const maxRetries = Math.max(-1, fields.number('maxRetries', -1));
  return fields.decoded({
    backoff,
    initialIntervalMs: isConstant ? durationMs : Math.min(initialIntervalMs, maxIntervalMs),
    multiplier: isConstant ? 1 : fields.number('multiplier', 1.5),
    // No limit of a constant delay, which may be longer.
    maxIntervalMs: isConstant ? Math.max(durationMs, maxIntervalMs) : maxIntervalMs,
    jitter: jitterFrom(fields, isConstant ? 'none' : 'half'),
    maxRetries,
    maxElapsedMs: fields.durationMs('maxElapsedTime', 15 * 60_000),
    ...matchingFrom(record, fields),
  });
}

function backoffFrom(fields: PolicyFields): 'constant' | 'exponential' {
  const text = fields.text('policy').toLowerCase();
  if (!['', 'constant', 'exponential'].includes(text)) fields.mistakes.push('policy must be constant or exponential');
  return text === 'exponential' ? 'exponential' : 'constant';
}

/** The schema has refused everything else. */
function jitterFrom(fields: PolicyFields, fallback: RetryPolicy['jitter']): RetryPolicy['jitter'] {
  const text = fields.text('jitter');
  return text === 'none' || text === 'half' || text === 'full' ? text : fallback;
}

function matchingFrom(
  record: UnknownRecord,
  { mistakes, warnings }: PolicyFields,
): Pick<RetryPolicy, 'statusRanges' | 'methods'> {
  const fields = new PolicyFields(recordFrom(record['matching']) ?? {});
  fields.warnOfOthers(['httpStatusCodes', 'httpMethods', 'gRPCStatusCodes']);
  const statusRanges = rangesFrom(fields, 'httpStatusCodes', httpStatuses);
  // Dapr refuses the policy for a mistake in either list.
  rangesFrom(fields, 'gRPCStatusCodes', grpcStatuses);
  if (fields.text('gRPCStatusCodes') !== '') {
    fields.warnings.push('gRPCStatusCodes has no effect: calls over HTTP have no such status');
  }
  const methods = methodsFrom(fields);
  mistakes.push(...fields.mistakes.map((mistake) => `matching.${mistake}`));
  warnings.push(...fields.warnings.map((warning) => `matching.${warning}`));
  return { statusRanges, methods };
}

/** Null where the list holds nothing, as if it were not given. */
function rangesFrom(fields: PolicyFields, name: string, allowed: StatusRange): readonly StatusRange[] | null {
  const { ranges, mistake } = parseStatusRanges(fields.text(name), allowed);
  if (mistake !== null) fields.mistakes.push(`${name}: ${mistake}`);
  return ranges === null || ranges.length === 0 ? null : ranges;
}

function methodsFrom(fields: PolicyFields): readonly string[] | null {
  const items = fields.text('httpMethods').split(',');
  const methods = [...new Set(items.map((item) => item.trim().toUpperCase()).filter((item) => item !== ''))];
  if (methods.includes('*')) return ['*'];
  if (methods.length > maxMethods || !methods.every((method) => token.test(method))) {
    fields.mistakes.push('httpMethods must be * or a list of methods such as POST,PATCH');
  }
  for (const method of methods.slice(0, maxMethods)) {
    if (METHODS.includes(method) || !token.test(method)) continue;
    const nearest = nearestName(method, usualMethods, 2);
    fields.warnings.push(
      `httpMethods: ${method} is no known method${nearest === null ? '' : `; is ${nearest} meant?`}`,
    );
  }
  return methods.length === 0 ? null : methods;
}
