/** What the API server asks (AdmissionReview, admission.k8s.io/v1), as far as it is looked at. Pure. */
import * as z from 'zod/mini';
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import { mistakesOf } from '#shared/table/wire-mistakes.ts';

export interface AdmissionRequest {
  /** Of this one question; the answer bears it. */
  readonly uid: string;
  readonly group: string;
  readonly kind: string;
  /** `''`: the object itself. */
  readonly subresource: string;
  /** `''`: cluster-wide. */
  readonly namespace: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** Nothing will be kept, and nothing else may be written because of it. */
  readonly isDryRun: boolean;
  /** `null`: there is none, as in a deletion. Checked by nobody yet. */
  readonly object: UnknownRecord | null;
  /** Before a change. */
  readonly oldObject: UnknownRecord | null;
}

/** Of a uid, a name, a kind: the API server's own are shorter. */
const shortText = z.string().check(z.maxLength(253));

const schema = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: shortText.check(z.minLength(1)),
    kind: z.object({ group: shortText, version: shortText, kind: shortText }),
    subResource: z.optional(shortText),
    namespace: z.optional(shortText),
    operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    dryRun: z.nullish(z.boolean()),
    object: z.optional(z.unknown()),
    oldObject: z.optional(z.unknown()),
  }),
});

export type ReviewResult =
  | { readonly request: AdmissionRequest; readonly mistake: null }
  | { readonly request: null; readonly mistake: string };

/** Reads a review. Unknown fields are ignored; of the objects nothing is checked but that they are some. */
export function readAdmissionReview(value: unknown): ReviewResult {
  const review = z.safeParse(schema, value);
  if (!review.success) return { request: null, mistake: mistakesOf(review.error.issues) };
  const { uid, kind, subResource = '', namespace = '', operation, dryRun, object, oldObject } = review.data.request;
  const request: AdmissionRequest = {
    uid,
    group: kind.group,
    kind: kind.kind,
    subresource: subResource,
    namespace,
    operation,
    isDryRun: dryRun ?? false,
    object: recordFrom(object),
    oldObject: recordFrom(oldObject),
  };
  return { request, mistake: null };
}
