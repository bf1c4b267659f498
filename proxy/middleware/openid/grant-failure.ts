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

export interface GrantFailureOptions {
  /** 0: no answer came. */
  readonly status: number;
  /** Of OAuth's own; null: none was given. */
  readonly code: string | null;
}

export class GrantFailure extends Error {
  readonly #status: number;
  readonly #code: string | null;

  constructor(message: string, { status, code }: GrantFailureOptions) {
    super(message);
    this.name = 'GrantFailure';
    this.#status = status;
    this.#code = code;
  }

  /** The endpoint said no to what was presented (a code, a refresh token): it will not say yes later. */
  get isGrantInvalid(): boolean {
    return this.#code === 'invalid_grant';
  }

  /** Perhaps the client should have shown who it is in another way. */
  get isClientUnknown(): boolean {
    // Some endpoints say so with status 200.
    if (this.#code === 'invalid_client') return true;
    if (this.#status < 400 || this.#status > 499) return false;
    return this.#code === null || this.#code === 'invalid_request';
  }
}

/** An error code of OAuth's own, else `null`. */
export function knownOAuthCode(code: unknown): string | null {
  return typeof code === 'string' && knownCodes.has(code) ? code : null;
}
