/** Says whether a JWT is one of the issuer's, for this audience, at this moment. */
import { createLocalJWKSet } from 'jose/jwks/local';
import { jwtVerify } from 'jose/jwt/verify';
import {
  JOSEError,
  JWTClaimValidationFailed,
  JWTExpired,
  JWKSMultipleMatchingKeys,
  JWKSNoMatchingKey,
} from 'jose/errors';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import type { Clock } from '#shared/clock/clock.ts';
import type { MiddlewareFailure } from '../middleware-failure.ts';
import type { FetchedKeys } from '../bearer/fetch-keys.ts';

export type PublicKeys = ReturnType<typeof createLocalJWKSet>;

/** Asymmetric ones alone: nobody can make a token out of a public key. The key's type must fit, and its `alg` if it states one. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
/** As Dapr. */
const skewSeconds = 5 * 60;
/** Keys to try for a token that names none. */
const maxCandidates = 8;

export type Finding =
  | { readonly isValid: true; readonly untilMs: number }
  /**
   * `isKeyUnknown`: perhaps of a key that the issuer has only now. `reason`: jose's code, and the name of the claim where it
   * is one's: `ERR_JWT_CLAIM_VALIDATION_FAILED aud`. Nothing of the token itself.
   */
  | { readonly isValid: false; readonly isKeyUnknown: boolean; readonly reason: string };

/** Makes keys usable. Throws for what is no JWK Set. */
export function publicKeys({ keys }: FetchedKeys): PublicKeys {
  return createLocalJWKSet({ keys: [...keys] });
}

export interface TokenVerifierOptions {
  readonly clock: Clock;
  readonly issuer: string;
  readonly audience: string;
  readonly failure: MiddlewareFailure;
}

export class TokenVerifier {
  readonly #options: TokenVerifierOptions;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /** Throws ProxyError `middleware-failed` when the keys themselves are of no use. */
  async verify(token: string, keys: PublicKeys): Promise<Finding> {
    const { clock, issuer, audience, failure } = this.#options;
    const nowMs = clock.epochMs();
    const options = { issuer, audience, algorithms, clockTolerance: skewSeconds, currentDate: new Date(nowMs) };
    try {
      const { payload } = await jwtVerify(token, keys, options);
      return finding(payload, nowMs);
    } catch (error) {
      if (error instanceof JWKSNoMatchingKey) return { ...refusal(error), isKeyUnknown: true };
      if (error instanceof JWKSMultipleMatchingKeys) return verifyWithAny(token, { candidates: error, options, nowMs });
      if (error instanceof JOSEError) return refusal(error);
      throw failure("the issuer's key for this token cannot be used", { cause: error });
    }
  }
}

interface Choice {
  readonly candidates: JWKSMultipleMatchingKeys;
  readonly options: JWTVerifyOptions;
  readonly nowMs: number;
}

async function verifyWithAny(token: string, { candidates, options, nowMs }: Choice): Promise<Finding> {
  let tried = 0;
  let last = refusal(candidates);
  for await (const key of candidates) {
    tried += 1;
    if (tried > maxCandidates) break;
    try {
      const { payload } = await jwtVerify(token, key, options);
      return finding(payload, nowMs);
    } catch (error) {
      // Perhaps the next one.
      if (error instanceof JOSEError) last = refusal(error);
    }
  }
  return last;
}

function refusal(error: JOSEError): Finding & { readonly isValid: false } {
  const isOfClaim = error instanceof JWTClaimValidationFailed || error instanceof JWTExpired;
  return { isValid: false, isKeyUnknown: false, reason: isOfClaim ? `${error.code} ${error.claim}` : error.code };
}

/** A token that was issued in the future is as suspect as one that holds only then; jose looks at `iat` for an age only. */
function finding({ exp, iat }: JWTPayload, nowMs: number): Finding {
  const latestMs = nowMs + skewSeconds * 1000;
  if (iat !== undefined && iat * 1000 > latestMs) {
    return { isValid: false, isKeyUnknown: false, reason: `${JWTClaimValidationFailed.code} iat` };
  }
  return { isValid: true, untilMs: exp === undefined ? Infinity : (exp + skewSeconds) * 1000 };
}
