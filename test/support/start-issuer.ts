/** An issuer of JWTs on loopback, over TLS: a discovery document, a JWK Set whose keys change, and tokens of every kind. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { createTestAuthority } from './create-test-authority.ts';
import { startTlsUpstream } from './start-tls-upstream.ts';

export interface IssuerKey {
  readonly id: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  /** Public. */
  readonly jwk: JWK;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export class TestIssuer {
  readonly origin: string;
  /** PEM of the authority that signed its certificate. */
  readonly rootCa: string;
  /** Paths that were asked for. */
  readonly calls: string[] = [];
  /** Public keys as it shows them. */
  keys: readonly JWK[] = [];
  /** In place of both documents; null: they are as they should be. */
  answer: Answer | null = null;
  /** Of the discovery document, over what it says. */
  document: Readonly<Record<string, unknown>> = {};

  private constructor(origin: string, rootCa: string) {
    this.origin = origin;
    this.rootCa = rootCa;
  }

  /** Listens until the test ends; it has no keys yet. */
  static async start(): Promise<TestIssuer> {
    const { rootCa, server } = await createTestAuthority({ name: 'Issuer Root' });
    const started: { issuer: TestIssuer | null } = { issuer: null };
    const { origin } = await startTlsUpstream(server, (request, response) => started.issuer?.serve(request, response));
    started.issuer = new TestIssuer(origin, rootCa.value);
    return started.issuer;
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    this.calls.push(request.url ?? '');
    if (this.answer !== null) return this.answer(request, response);
    const document =
      request.url === '/keys'
        ? { keys: this.keys }
        : { issuer: this.origin, jwks_uri: `${this.origin}/keys`, ...this.document };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(document));
  }

  /** Shows one more key. */
  async addKey(algorithm = 'ES256', fields: JWK = {}): Promise<IssuerKey> {
    const key = await makeKey(algorithm, `key-${this.keys.length + 1}`);
    this.keys = [...this.keys, { ...key.jwk, ...fields }];
    return key;
  }

  /** Good for `orders-api` and an hour unless the claims say otherwise; `undefined` takes a claim away. */
  token(key: IssuerKey, { nowMs, ...claims }: JWTPayload & { readonly nowMs: number }): Promise<string> {
    const nowSeconds = Math.floor(nowMs / 1000);
    const usual = { iss: this.origin, aud: 'orders-api', iat: nowSeconds, exp: nowSeconds + 3600 };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: key.algorithm, ...(key.id === '' ? {} : { kid: key.id }) })
      .sign(key.privateKey);
  }
}

export async function makeKey(algorithm: string, id: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { id, algorithm, privateKey, jwk: { ...(await exportJWK(publicKey)), kid: id } };
}
