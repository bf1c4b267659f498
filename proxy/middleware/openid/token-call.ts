/** One call to a token endpoint, in the form of fetch that openid-client takes. Remembers how it went. */
import type { CustomFetchOptions } from 'openid-client';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { GrantFailure, knownOAuthCode } from './grant-failure.ts';
import { tokenFields } from './token-fields.ts';

export class TokenCall {
  readonly #client: HttpClient;
  #answer: HttpAnswer | null = null;
  #transportError: unknown = null;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  readonly fetch = async (url: string, { method, headers, body }: CustomFetchOptions): Promise<Response> => {
    const request = { method, url, headers: { ...headers, 'accept-encoding': 'identity' }, body: textOf(body) };
    try {
      this.#answer = await this.#client.send(request);
    } catch (error) {
      this.#transportError = error;
      throw error;
    }
    return responseOf(this.#answer);
  };

  /** What the failure of the call is. What openid-client made of it is dropped: its errors hold the whole answer. */
  failure(): GrantFailure {
    if (this.#transportError instanceof Error) {
      const reason = `the token endpoint cannot be reached: ${this.#transportError.message}`;
      return new GrantFailure(reason, { status: 0, code: null });
    }
    const status = this.#answer?.status ?? 0;
    const fields = this.#answer === null ? null : tokenFields(this.#answer);
    const error = fields?.['error'];
    if (this.#answer === null || (isSuccess(status) && !isText(error))) {
      const isOver = Number(fields?.['expires_in']) < 0;
      const what = isOver ? 'granted a token that has ended already' : 'answered with something that is no token';
      return new GrantFailure(`the token endpoint ${what}`, { status, code: null });
    }
    const code = knownOAuthCode(error);
    const detail = code === null ? '' : ` (${code})`;
    return new GrantFailure(`the token endpoint answered with status ${status}${detail}`, { status, code });
  }
}

/**
 * Only what Go's client reads, which Dapr uses: it takes no offence at the rest, and a field of nothing is one that is missing.
 * So an `id_token` is left out, too: it says who a user is, which nobody here asks, and could be checked only with settings
 * that Dapr's components do not have.
 */
function responseOf(answer: HttpAnswer): Response {
  const fields = isSuccess(answer.status) ? tokenFields(answer) : null;
  // What matters of any other answer is in `failure`.
  if (fields === null || isText(fields['error'])) return new Response(null, { status: 500 });
  const token: { [name: string]: unknown } = { token_type: 'bearer' };
  for (const name of ['access_token', 'token_type', 'expires_in', 'refresh_token']) {
    const value = fields[name];
    if (value !== undefined && value !== null && value !== '') token[name] = value;
  }
  return Response.json(token);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Go's client takes any of them. */
function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function textOf(body: CustomFetchOptions['body']): string {
  return body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : '';
}
