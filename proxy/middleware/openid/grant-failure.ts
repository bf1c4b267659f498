/** No token was granted. The message is safe to show: the error code of OAuth or the status, never what else was said. */

/** RFC 6749 §5.2 and §4.1.2.1, RFC 8707, OpenID Connect Core §3.1.2.6. Any other text of a server's is not repeated. */
const knownCodes: ReadonlySet<unknown> = new Set([
  'access_denied',
  'account_selection_required',
  'consent_required',
  'interaction_required',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'login_required',
  'server_error',
  'slow_down',
  'temporarily_unavailable',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
]);

export class GrantFailure extends Error {
  /** The endpoint answered that this grant or this client is not good: to ask again the same way is of no use. */
  readonly isRefusal: boolean;

  constructor(message: string, { isRefusal, cause }: { readonly isRefusal: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.name = 'GrantFailure';
    this.isRefusal = isRefusal;
  }
}

/** An error code of OAuth's own, else `null`. */
export function knownOAuthCode(code: unknown): string | null {
  return typeof code === 'string' && knownCodes.has(code) ? code : null;
}
