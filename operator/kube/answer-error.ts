/**
 * An answer of the API server that is no success -> LinkError. Its message names the request and the status. What the API server says itself
 * is added only where it cannot quote what we sent.
 */
import * as z from 'zod/mini';
import { msFromRetryAfter } from '#shared/clock/retry-after.ts';
import { LinkError } from '#shared/errors/link-error.ts';

export interface RefusedAnswer {
  /** For the message: `GET secrets shop/db`. */
  readonly request: string;
  readonly status: number;
  /** The header; `''`: none. */
  readonly retryAfter: string;
  /** The body, or what could be read of it. */
  readonly body: string;
  /** What we sent may appear in what the server says about it. */
  readonly hasBody: boolean;
  readonly epochMs: number;
}

const statusSchema = z.object({
  reason: z.optional(z.string()),
  message: z.optional(z.string()),
  details: z.optional(
    z.object({
      retryAfterSeconds: z.optional(z.number()),
      causes: z.optional(z.array(z.object({ field: z.optional(z.string()), reason: z.optional(z.string()) }))),
    }),
  ),
});

type Status = z.infer<typeof statusSchema>;

const maxTextLength = 300;
/** Answers after which the same request may succeed later, besides all 5xx. */
const transientStatuses: ReadonlySet<number> = new Set([401, 408, 409, 410, 425, 429]);

/** Makes the error. */
export function answerError(answer: RefusedAnswer): LinkError {
  const status = statusFrom(answer.body);
  const why = explanation(status, answer.hasBody);
  return new LinkError(`${answer.request}: the API server answers ${answer.status}${why}`, {
    kind: kindOfStatus(answer.status),
    status: answer.status,
    retryAfterMs: retryAfterMs(answer, status),
  });
}

/** Whether asking again may help. */
export function kindOfStatus(status: number): 'transient' | 'fatal' {
  return transientStatuses.has(status) || status >= 500 ? 'transient' : 'fatal';
}

function statusFrom(body: string): Status {
  try {
    return statusSchema.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    return {};
  }
}

function explanation({ reason = '', message = '', details }: Status, hasBody: boolean): string {
  // Reasons and names of fields are Kubernetes' own words; messages of validations and webhooks quote values.
  const causes = (details?.causes ?? []).map((cause) => `${cause.reason ?? ''} at ${cause.field ?? ''}`);
  const texts = [reason, ...(hasBody ? causes : [message])].map(printable).filter((text) => text !== '');
  return texts.length === 0 ? '' : ` (${texts.join(': ').slice(0, maxTextLength)})`;
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, maxTextLength);
}

function retryAfterMs({ retryAfter, epochMs }: RefusedAnswer, { details }: Status): number {
  return retryAfter === ''
    ? Math.max(0, (details?.retryAfterSeconds ?? 0) * 1000)
    : (msFromRetryAfter(retryAfter, epochMs) ?? 0);
}
