/** One call to a token endpoint, in the form of fetch that openid-client takes. Remembers how it went. */
import type { CustomFetchOptions } from 'openid-client';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { jsonObject } from '../http/json-object.ts';
import { GrantFailure, knownOAuthCode } from './grant-failure.ts';

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
    if (this.#answer === null || isSuccess(status)) {
      return new GrantFailure('the token endpoint answered with something that is no token', {
        status,
        code: null,
      });
    }
    const code = knownOAuthCode(jsonObject(this.#answer.body)?.['error']);
    const detail = code === null ? '' : ` (${code})`;
    return new GrantFailure(`the token endpoint answered with status ${status}${detail}`, { status, code });
  }
}

/**
 * An `id_token` is left out: it says who a user is, which nobody here asks, and could be checked only with settings that
 * Dapr's components do not have. A missing `token_type` is read as Go's client does, which Dapr uses.
 */
function responseOf({ status, body }: HttpAnswer): Response {
  const fields = isSuccess(status) ? jsonObject(body) : null;
  if (fields !== null) {
    const { id_token: _, token_type: type, ...others } = fields;
    return Response.json({ ...others, token_type: type === undefined || type === '' ? 'bearer' : type });
  }
  // What matters of any other answer is in `failure`.
  return new Response(null, { status: 500 });
}

/** Go's client takes any of them. */
function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function textOf(body: CustomFetchOptions['body']): string {
  return body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : '';
}
