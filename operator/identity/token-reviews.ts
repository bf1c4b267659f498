/**
 * Asks the API server whose token this is, once for each token and a while: answers are kept, questions about one token
 * are joined, and the rate is bounded, so that neither a thousand proxies at once nor a flood of forged tokens is a flood there.
 */
import * as z from 'zod/mini';
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { tokenReviews } from '../kube/resource-types.ts';
import { tokenDigest } from './token-digest.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { TokenBucket } from './token-bucket.ts';
import { Turns } from './turns.ts';

export interface TokenReviewsOptions {
  readonly client: KubeClient;
  readonly audience: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends questions that are under way. */
  readonly signal: AbortSignal;
}

/** A token that the API server vouches for. */
export interface ReviewedToken {
  readonly state: 'authenticated';
  readonly username: string;
  /** The Pod that the token is bound to, in the ServiceAccount's namespace; null: not bound to one. */
  readonly pod: { readonly name: string; readonly uid: string } | null;
}

export type ReviewOutcome =
  | ReviewedToken
  | { readonly state: 'rejected' }
  | { readonly state: 'unavailable'; readonly message: string; readonly retryAfterMs: number };

export interface ReviewRequest {
  readonly token: string;
  /** The token's own `exp`, in milliseconds since 1970: bounds how long the answer is kept. */
  readonly expiresAtMs: number;
  /** Whose share of the rate a question to the API server takes. */
  readonly bucket: TokenBucket;
}

const maxKeptMs = 60_000;
const rejectedKeptMs = 5000;
const maxKeptTokens = 8192;
/** Apart from the good ones, so that forged tokens cannot push those out. */
const maxKeptRejections = 2048;
/** Questions at once: the API server has 200 places for all its writers, and reviews are among them. */
const maxAtOnce = 32;
/** Tokens that are asked about or wait for it. */
const maxUnderWay = 4096;
/** Whoever has waited so long has given up, or asks again. */
const maxWaitMs = 10_000;
const retryAfterMs = 1000;

const tooMany: ReviewOutcome = {
  state: 'unavailable',
  message: 'too many tokens wait to be reviewed',
  retryAfterMs,
};

const reviewSchema = z.object({
  authenticated: z.optional(z.boolean()),
  audiences: z.optional(z.array(z.string())),
  user: z.optional(
    z.object({
      username: z.optional(z.string()),
      extra: z.optional(z.record(z.string(), z.array(z.string()))),
    }),
  ),
  error: z.optional(z.string()),
});

export class TokenReviews {
  readonly #options: TokenReviewsOptions;
  readonly #accepted: ExpiringMap<ReviewedToken>;
  readonly #rejected: ExpiringMap<true>;
  readonly #underWay = new Map<string, Promise<ReviewOutcome>>();
  readonly #turns = new Turns(maxAtOnce);

  constructor(options: TokenReviewsOptions) {
    const { clock } = options;
    this.#options = options;
    this.#accepted = new ExpiringMap({ clock, maxEntries: maxKeptTokens });
    this.#rejected = new ExpiringMap({ clock, maxEntries: maxKeptRejections });
  }

  /** Never throws. */
  async review(request: ReviewRequest): Promise<ReviewOutcome> {
    const key = tokenDigest(request.token);
    const accepted = this.#accepted.get(key);
    if (accepted !== undefined) return accepted;
    if (this.#rejected.get(key) === true) return { state: 'rejected' };
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#underWay.size >= maxUnderWay || !request.bucket.take()) return tooMany;
    const asked = this.#askInTurn(key, request).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  /** Tokens of this Pod are asked about again. */
  forget(podUid: string): void {
    this.#accepted.deleteWhere(({ pod }) => pod?.uid === podUid);
  }

  #askInTurn(key: string, request: ReviewRequest): Promise<ReviewOutcome> {
    const { clock } = this.#options;
    const sinceMs = clock.monotonicMs();
    return this.#turns.run(async () => (clock.monotonicMs() - sinceMs > maxWaitMs ? tooMany : this.#ask(key, request)));
  }

  async #ask(key: string, { token, expiresAtMs }: ReviewRequest): Promise<ReviewOutcome> {
    const { client, audience, clock, logger, signal } = this.#options;
    try {
      const answer = await client.create(
        tokenReviews,
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          metadata: {},
          spec: { token, audiences: [audience] },
        },
        { signal },
      );
      const outcome = outcomeFrom(answer['status'], audience);
      if (outcome === null) {
        const { error = '' } = reviewSchema.safeParse(answer['status']).data ?? {};
        logger.debug('token rejected by the API server', { why: error.replaceAll(token, '…').slice(0, 500) });
        this.#rejected.set(key, true, { lifetimeMs: rejectedKeptMs });
        return { state: 'rejected' };
      }
      const remainingMs = expiresAtMs - clock.epochMs();
      this.#accepted.set(key, outcome, { lifetimeMs: Math.min(maxKeptMs, remainingMs / 2) });
      return outcome;
    } catch (err) {
      if (!(err instanceof LinkError) || err.kind === 'fatal') logger.error('tokens cannot be reviewed', { err });
      return {
        state: 'unavailable',
        message: 'the API server does not review tokens at present',
        retryAfterMs: err instanceof LinkError ? Math.max(err.retryAfterMs, retryAfterMs) : retryAfterMs,
      };
    }
  }
}

/** Null: rejected. An API server that does not know audiences leaves them out: then the token may be for anyone. */
function outcomeFrom(status: unknown, audience: string): ReviewedToken | null {
  const parsed = reviewSchema.safeParse(status);
  if (!parsed.success) return null;
  const { authenticated, audiences, user } = parsed.data;
  if (authenticated !== true || audiences?.includes(audience) !== true) return null;
  const name = user?.extra?.['authentication.kubernetes.io/pod-name']?.[0];
  const uid = user?.extra?.['authentication.kubernetes.io/pod-uid']?.[0];
  return {
    state: 'authenticated',
    username: user?.username ?? '',
    pod: name === undefined || uid === undefined ? null : { name, uid },
  };
}
