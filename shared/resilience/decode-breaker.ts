/** One entry of `spec.policies.circuitBreakers` (spec/resiliency.md §1, §6). Pure. */
import type { UnknownRecord } from '../resources/read-field.ts';
import type { WrittenPolicy } from '../resources/resiliency.ts';
import type { BreakerPolicy } from '../table/resilience.ts';
import { PolicyFields, type Decoded } from './policy-fields.ts';
import { defaultTripRule, parseTripRule } from './trip-rule.ts';

/** Decodes it. Zero means the default, as in Dapr. */
export function decodeBreaker(record: UnknownRecord): Decoded<WrittenPolicy<BreakerPolicy>> {
  const fields = new PolicyFields(record);
  fields.warnOfOthers(['maxRequests', 'interval', 'timeout', 'trip']);
  const maxRequests = fields.number('maxRequests', 0);
  if (maxRequests < 0) fields.mistakes.push('maxRequests must not be negative');
  const trip = fields.text('trip').trim() || defaultTripRule;
  const { mistake, warning } = parseTripRule(trip);
  if (mistake !== null) fields.mistakes.push(`trip is no usable rule: ${mistake}`);
  if (warning !== null) fields.warnings.push(`trip: ${warning}`);
  return fields.decoded({
    maxRequests: maxRequests || 1,
    intervalMs: fields.durationMs('interval', 0),
    timeoutMs: fields.durationMs('timeout', 0) || 60_000,
    trip,
  });
}
