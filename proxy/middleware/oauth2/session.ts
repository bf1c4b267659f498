/** What a caller who has logged in carries: the token, how to get the next one, and until when it is good. */
import type { GrantedToken } from '../openid/granted-token.ts';

export interface Session {
  /** `Bearer abc`. */
  readonly authorization: string;
  /** `null`: when the token ends, the caller logs in again. */
  readonly refreshToken: string | null;
  /** Since 1970. From here on another token is asked for. */
  readonly renewAtMs: number;
  /** Since 1970. */
  readonly endMs: number;
}

/** A token whose end is not known is taken for a working day. */
const unstatedLifetimeMs = 8 * 60 * 60_000;
const longestEarlyMs = 60_000;

/** `nowMs`: from before it was asked for. */
export function sessionOf(token: GrantedToken, nowMs: number, former: Session | null = null): Session {
  const life = token.lifetimeMs ?? unstatedLifetimeMs;
  return {
    authorization: token.authorization,
    // One that is not replaced is good for the next time as well (RFC 6749 §6).
    refreshToken: token.refreshToken ?? former?.refreshToken ?? null,
    renewAtMs: Math.round(nowMs + life - Math.min(life / 4, longestEarlyMs)),
    endMs: Math.round(nowMs + life),
  };
}

export function sessionFields({ authorization, refreshToken, renewAtMs, endMs }: Session): (string | number | null)[] {
  return [authorization, refreshToken, renewAtMs, endMs];
}

/** Null for fields of another version of this program. */
export function sessionFrom(fields: readonly unknown[] | null): Session | null {
  if (fields?.length !== 4) return null;
  const [authorization, refreshToken, renewAtMs, endMs] = fields;
  if (typeof authorization !== 'string' || typeof renewAtMs !== 'number' || typeof endMs !== 'number') return null;
  if (typeof refreshToken !== 'string' && refreshToken !== null) return null;
  return { authorization, refreshToken, renewAtMs, endMs };
}
