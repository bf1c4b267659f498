/** Whether an object of ours may be written, and what its author is to know. Total and pure. */
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import { allowed, type AdmissionAnswer } from './admission-answer.ts';
import type { AdmissionMetrics } from './admission-metrics.ts';
import type { AdmissionRequest } from './admission-review.ts';
import type { Surroundings } from './findings.ts';
import { objectFindings, validatedKindFrom, type ValidatedKind } from './object-findings.ts';

export interface ValidationTools {
  readonly around: Surroundings;
  readonly metrics: AdmissionMetrics;
}

/**
 * Refuses what can never work. A change is refused only for mistakes that the object did not have before: otherwise nobody could
 * change a label of a broken one, or take its finalizers away.
 */
export function validateObject(request: AdmissionRequest, { around, metrics }: ValidationTools): AdmissionAnswer {
  const kind = validatedKindFrom(request.group, request.kind);
  const object = objectToCheck(request);
  if (kind === null || object === null) return allowed;
  const { errors, warnings } = objectFindings(kind, object, around);
  const known = errors.length === 0 ? new Set<string>() : errorsBefore(kind, request, around);
  const mistakes = errors.filter((error) => !known.has(error));
  const answer = {
    mistakes,
    patch: [],
    warnings: [...errors.filter((error) => known.has(error)), ...warnings],
  };
  if (mistakes.length > 0) metrics.validated(kind, 'denied');
  else metrics.validated(kind, answer.warnings.length > 0 ? 'warned' : 'allowed');
  return answer;
}

/** `null`: there is nothing to refuse, as when an object or a part of it that is not its author's goes. */
function objectToCheck({ operation, subresource, object }: AdmissionRequest): UnknownRecord | null {
  const isWritten = operation === 'CREATE' || operation === 'UPDATE';
  if (!isWritten || subresource !== '' || object === null) return null;
  const { deletionTimestamp = null } = recordFrom(object['metadata']) ?? {};
  return deletionTimestamp === null ? object : null;
}

function errorsBefore(
  kind: ValidatedKind,
  { operation, oldObject }: AdmissionRequest,
  around: Surroundings,
): ReadonlySet<string> {
  if (operation !== 'UPDATE' || oldObject === null) return new Set();
  return new Set(objectFindings(kind, oldObject, around).errors);
}
