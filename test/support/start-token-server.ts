/** A token endpoint on loopback, over TLS, that says what it is told. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createTestAuthority } from './create-test-authority.ts';
import { startTlsUpstream } from './start-tls-upstream.ts';

export interface TokenRequest {
  /** `client:secret` of Basic; `''` without it. */
  readonly basic: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** `ordinal`: of the call, from 1. */
export type TokenAnswer = (response: ServerResponse, ordinal: number, request: TokenRequest) => void;

export class TokenServer {
  readonly url: string;
  /** PEM of the authority that signed its certificate. */
  readonly rootCa: string;
  readonly requests: TokenRequest[] = [];
  answer: TokenAnswer = grant();

  private constructor(origin: string, rootCa: string) {
    this.url = `${origin}/oauth/token`;
    this.rootCa = rootCa;
  }

  /** Listens until the test ends. */
  static async start(): Promise<TokenServer> {
    const { rootCa, server } = await createTestAuthority({ name: 'Token Root' });
    const started: { server: TokenServer | null } = { server: null };
    const { origin } = await startTlsUpstream(
      server,
      (request, response) => void started.server?.serve(request, response),
    );
    started.server = new TokenServer(origin, rootCa.value);
    return started.server;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parameters = Object.fromEntries(new URLSearchParams(await text(request)));
    const [, credentials = ''] = (request.headers.authorization ?? '').split('Basic ');
    const seen = { basic: Buffer.from(credentials, 'base64').toString(), parameters };
    this.requests.push(seen);
    this.answer(response, this.requests.length, seen);
  }
}

/** A token named after the call: `token-1`, `token-2`. `undefined` takes a field away. */
export function grant(fields: Readonly<Record<string, unknown>> = {}): TokenAnswer {
  return (response, ordinal) => {
    const usual = { access_token: `token-${ordinal}`, token_type: 'Bearer', expires_in: 3600 };
    sendJson(response, 200, { ...usual, ...fields });
  };
}

/** An error of OAuth, with a description that nobody is to repeat. */
export function oauthError(status: number, error: string): TokenAnswer {
  return (response) => sendJson(response, status, { error, error_description: 'planted-secret-description' });
}

export function sendJson(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(document));
}
