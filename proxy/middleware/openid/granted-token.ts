/** What a token endpoint grants (RFC 6749 §5.1), as far as the proxy uses it. */
import type { UnknownRecord } from '#shared/resources/read-field.ts';

export interface GrantedToken {
  /** `Bearer abc`: the value of a header. Secret. */
  readonly authorization: string;
  /** Since its grant; null where the endpoint did not say. */
  readonly lifetimeMs: number | null;
  /** Secret; null: none. */
  readonly refreshToken: string | null;
}

/** A header much longer than that is refused by most servers. */
const maxTokenLength = 16 * 1024;
const tokenText = /^[\x21-\x7e]+$/;

/** Null for what cannot be sent in a header. */
export function grantedToken({
  access_token: token,
  token_type: type,
  expires_in: seconds,
  refresh_token: refreshToken,
}: UnknownRecord): GrantedToken | null {
  if (typeof token !== 'string' || token.length > maxTokenLength || !tokenText.test(token)) return null;
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') return null;
  const lifetimeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : null;
  const isRefreshable =
    typeof refreshToken === 'string' && refreshToken !== '' && refreshToken.length <= maxTokenLength;
  return { authorization: `Bearer ${token}`, lifetimeMs, refreshToken: isRefreshable ? refreshToken : null };
}
