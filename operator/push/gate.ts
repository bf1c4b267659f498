/** Who asks? Nothing of a request is read before this is answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PeerResult } from '../identity/authenticator.ts';
import type { Authenticate, ProxyIdentity } from '../identity/proxy-identity.ts';
import { tokenDigest } from '../identity/token-digest.ts';
import type { Connections } from '../listener/connections.ts';
import { refusal, type Refusal } from '../listener/refusal.ts';

export interface GateOptions {
  readonly authenticate: Authenticate;
  /** Whether a token is of another replica of the operator. */
  readonly peerResult: (bearerToken: string) => Promise<PeerResult>;
  readonly connections: Connections;
  readonly maxAuthentications: number;
}

const form = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
const retryAfterMs = 1_000;

export class Gate {
  readonly #options: GateOptions;
  /** By the digest of the token that opened a stream, for as long as one of its streams is open. */
  readonly #openers = new Map<string, { readonly identity: ProxyIdentity; streams: number }>();
  #underWay = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** The proxy that asks. */
  async proxy(request: IncomingMessage): Promise<ProxyIdentity | Refusal> {
    const result = await this.#ask(request, this.#options.authenticate);
    if ('code' in result) return result;
    if (result.state === 'accepted') return this.#admitted(request, result.identity);
    return refusal(result.state, result.message, result.state === 'unavailable' ? result.retryAfterMs : 0);
  }

  /**
   * The proxy that acknowledges. Its token is not reviewed again while a stream that it opened is open: such a stream ends
   * when the token or the pod does, and a change for every proxy would otherwise ask the API server once for each of them.
   */
  async acknowledger(request: IncomingMessage): Promise<ProxyIdentity | Refusal> {
    const opener = this.#openers.get(tokenDigest(tokenOf(request)));
    return opener === undefined ? this.proxy(request) : this.#admitted(request, opener.identity);
  }

  /** The proxy's stream was opened: its token is known until the stream ends. */
  streamOpened(identity: ProxyIdentity, request: IncomingMessage, stream: ServerResponse): void {
    const digest = tokenDigest(tokenOf(request));
    const opener = this.#openers.get(digest) ?? { identity, streams: 0 };
    opener.streams += 1;
    this.#openers.set(digest, opener);
    stream.once('close', () => {
      opener.streams -= 1;
      if (opener.streams === 0) this.#openers.delete(digest);
    });
  }

  /** Null: another replica asks. */
  async peer(request: IncomingMessage): Promise<Refusal | null> {
    const result = await this.#ask(request, async (token) => ({ state: await this.#options.peerResult(token) }));
    if ('code' in result) return result;
    if (result.state === 'peer') {
      const isAdmitted = this.#options.connections.admit(request.socket, `peer ${request.socket.remoteAddress}`);
      return isAdmitted ? null : tooManyConnections();
    }
    if (result.state === 'stranger') return refusal('forbidden', 'only replicas of the operator may ask this');
    return refusal('unavailable', 'it cannot be known now who asks', retryAfterMs);
  }

  async #ask<R extends { readonly state: string }>(
    request: IncomingMessage,
    who: (token: string) => Promise<R>,
  ): Promise<R | Refusal> {
    const token = tokenOf(request);
    if (token === '') return refusal('unauthenticated', 'send a ServiceAccount token as Authorization: Bearer');
    if (this.#underWay >= this.#options.maxAuthentications)
      return refusal('overloaded', 'too many tokens are being looked at', retryAfterMs);
    this.#underWay += 1;
    try {
      return await who(token);
    } finally {
      this.#underWay -= 1;
    }
  }

  #admitted(request: IncomingMessage, identity: ProxyIdentity): ProxyIdentity | Refusal {
    if (this.#options.connections.admit(request.socket, identity.podUid)) return identity;
    return tooManyConnections();
  }
}

/** `''`: there is none. */
function tokenOf(request: IncomingMessage): string {
  return form.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

function tooManyConnections(): Refusal {
  return refusal('too-many-requests', 'you have too many connections', retryAfterMs);
}
