/** A real OpenID provider on loopback, over TLS: everyone who comes to log in is alice, and every scope is granted. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import {
  Provider,
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { createTestAuthority } from './create-test-authority.ts';
import { startTlsUpstream } from './start-tls-upstream.ts';

export interface OidcProvider {
  /** Its issuer, `https://localhost:<port>`. */
  readonly origin: string;
  /** PEM of the authority that signed its certificate. */
  readonly rootCa: string;
  /** Method and path of each request. */
  readonly requests: readonly string[];
  /** Tells it its clients; nothing is answered before. */
  open(options: OidcProviderOptions): Promise<void>;
}

export interface OidcProviderOptions {
  readonly clients: readonly ClientMetadata[];
  /** Of an access token. */
  readonly tokenSeconds?: number;
}

/** Listens until the test ends. Tokens are JWTs whose audience is the `resource` that was asked for. */
export async function startOidcProvider(): Promise<OidcProvider> {
  const { rootCa, server } = await createTestAuthority({ name: 'Provider Root' });
  const held: { provider: Provider | null } = { provider: null };
  const { origin, requests } = await startTlsUpstream(server, (request, response) => {
    if (held.provider === null) response.writeHead(503).end();
    else void serve(held.provider, request, response);
  });
  return {
    origin,
    rootCa: rootCa.value,
    requests,
    open: async ({ clients, tokenSeconds = 3600 }) => {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true });
      held.provider = new Provider(origin, {
        adapter: adapters(),
        clients: [...clients],
        jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', kid: 'signing' }] },
        cookies: { keys: ['test'] },
        scopes: ['openid', 'offline_access', 'read'],
        ttl: {
          AccessToken: tokenSeconds,
          ClientCredentials: tokenSeconds,
          RefreshToken: 86_400,
          Session: 86_400,
          Grant: 86_400,
          Interaction: 600,
          IdToken: 600,
        },
        interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
        findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
        loadExistingGrant: grantEverything,
        issueRefreshToken: () => true,
        rotateRefreshToken: true,
        features: {
          devInteractions: { enabled: false },
          clientCredentials: { enabled: true },
          resourceIndicators: {
            enabled: true,
            defaultResource: () => 'urn:orders',
            useGrantedResource: () => true,
            getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'jwt' }),
          },
        },
      });
    },
  };
}

async function serve(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.startsWith('/interaction/') === true) {
    return provider.interactionFinished(request, response, { login: { accountId: 'alice' } });
  }
  await provider.callback()(request, response);
}

/** The one of the session, so that a second login does not end what the first one gave. */
async function grantEverything({ oidc }: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']> | undefined> {
  const { client, session, provider } = oidc;
  const clientId = client?.clientId ?? '';
  const present = session?.grantIdFor(clientId);
  if (present !== undefined) return provider.Grant.find(present);
  const grant = new provider.Grant({
    clientId,
    ...(session?.accountId === undefined ? {} : { accountId: session.accountId }),
  });
  grant.addOIDCScope('openid offline_access read');
  grant.addResourceScope('urn:orders', 'read');
  await grant.save();
  return grant;
}

/** Its own are for development and say so on the console. */
function adapters(): new (name: string) => Adapter {
  const payloadByKey = new Map<string, AdapterPayload>();
  const idByUid = new Map<string, string>();
  return class MemoryAdapter implements Adapter {
    readonly #name: string;

    constructor(name: string) {
      this.#name = name;
    }

    async upsert(id: string, payload: AdapterPayload): Promise<void> {
      payloadByKey.set(`${this.#name}:${id}`, payload);
      if (payload.uid !== undefined) idByUid.set(payload.uid, id);
    }

    async find(id: string): Promise<AdapterPayload | undefined> {
      return payloadByKey.get(`${this.#name}:${id}`);
    }

    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return this.find(idByUid.get(uid) ?? '');
    }

    async findByUserCode(): Promise<undefined> {
      return undefined;
    }

    async consume(id: string): Promise<void> {
      const payload = payloadByKey.get(`${this.#name}:${id}`);
      if (payload !== undefined) payload.consumed = 1;
    }

    async destroy(id: string): Promise<void> {
      payloadByKey.delete(`${this.#name}:${id}`);
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [key, payload] of payloadByKey) if (payload.grantId === grantId) payloadByKey.delete(key);
    }
  };
}
