/** The part of OPA's REST API that the middleware uses: put a policy, ask for a decision. */
import { recordFrom } from '#shared/resources/read-field.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../http/http-client.ts';
import { jsonObject } from '../http/json-object.ts';

export interface OpaServerOptions {
  readonly client: HttpClient;
  readonly url: string;
  readonly token: Sensitive | null;
}

const maxMessageLength = 300;

export class OpaServer {
  readonly #client: HttpClient;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ client, url, token }: OpaServerOptions) {
    const { origin, pathname } = new URL(url);
    this.#client = client;
    this.#base = `${origin}${pathname.replace(/\/+$/, '')}/v1`;
    this.#headers = token === null ? {} : { Authorization: `Bearer ${token.reveal()}` };
  }

  /** Costs OPA nothing where it has this very source already. Rejects with an Error of one sentence. */
  async putPolicy(id: string, source: string, signal: AbortSignal): Promise<void> {
    const path = id.split('/').map(encodeURIComponent).join('/');
    const headers = { ...this.#headers, 'Content-Type': 'text/plain' };
    const url = `${this.#base}/policies/${path}`;
    const answer = await this.#send({ method: 'PUT', url, headers, body: source, signal });
    if (answer.status !== 200) throw new Error(`OPA refuses the policy (${answer.status})${reasonIn(answer)}`);
  }

  /** The value of a rule for this input; undefined where it has none. Rejects with an Error of one sentence. */
  async decide(path: string, input: unknown, signal: AbortSignal): Promise<unknown> {
    const headers = { ...this.#headers, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ input });
    const answer = await this.#send({ method: 'POST', url: `${this.#base}/data/${path}`, headers, body, signal });
    if (answer.status !== 200) throw new Error(`OPA answers ${answer.status}${reasonIn(answer)}`);
    const document = jsonObject(answer.body);
    if (document === null) throw new Error('the answer of OPA is no JSON object');
    return document['result'];
  }

  /** Again on a connection that OPA has closed meanwhile: neither call does more when it comes twice. */
  async #send(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#client.send(request);
    } catch (error) {
      if (!(error instanceof ProxyError) || error.code !== 'upstream-reset') throw named(error);
    }
    return this.#client.send(request).catch((error: unknown) => {
      throw named(error);
    });
  }
}

/** That it is OPA which cannot be reached, and not the target of the call. */
function named(error: unknown): unknown {
  if (!(error instanceof ProxyError) || error.code === 'caller-left') return error;
  return new ProxyError(error.code, `the OPA server: ${error.message}`, { cause: error });
}

/** What OPA says is wrong, and where: its words and a line, never the source. */
function reasonIn(answer: HttpAnswer): string {
  const document = jsonObject(answer.body);
  const errors: unknown = document?.['errors'];
  const first = recordFrom(Array.isArray(errors) ? errors[0] : document);
  const message = first?.['message'];
  if (typeof message !== 'string') return '';
  const row = recordFrom(first?.['location'])?.['row'];
  const line = typeof row === 'number' ? ` in line ${row}` : '';
  const hint =
    first?.['code'] === 'rego_parse_error' ? '; for Rego of before OPA 1.0 start OPA with --v0-compatible' : '';
  const text = message.replace(/[^\x20-\x7e]+/g, ' ');
  return `: ${text.length > maxMessageLength ? `${text.slice(0, maxMessageLength)}...` : text}${line}${hint}`;
}
