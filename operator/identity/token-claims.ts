/** What a ServiceAccount token claims. Nothing here is verified: use it to refuse early, never to accept. Pure. */
import * as z from 'zod/mini';

export interface TokenClaims {
  readonly audiences: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly subject: string;
  /** The Pod that the token is bound to, null for none. */
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string } | null;
}

/** Tokens of Pods have about 1,200 characters. */
const maxTokenLength = 16 * 1024;
const jwtShape = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

const claimsSchema = z.object({
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number().check(z.positive()),
  sub: z.string(),
  'kubernetes.io': z.optional(
    z.object({
      namespace: z.string(),
      pod: z.optional(z.object({ name: z.string(), uid: z.string() })),
    }),
  ),
});

/** Reads the claims of a JSON Web Token; null when it is no token that an API server would have issued. */
export function claimsFrom(token: string): TokenClaims | null {
  if (token.length > maxTokenLength || !jwtShape.test(token)) return null;
  const parsed = claimsSchema.safeParse(jsonFrom(token.split('.')[1] ?? ''));
  if (!parsed.success) return null;
  const { aud, exp, sub, 'kubernetes.io': kubernetes } = parsed.data;
  return {
    audiences: typeof aud === 'string' ? [aud] : aud,
    expiresAtMs: exp * 1000,
    subject: sub,
    pod: kubernetes?.pod === undefined ? null : { namespace: kubernetes.namespace, ...kubernetes.pod },
  };
}

function jsonFrom(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
