/** Asks one other replica, again and again, what changed in its counts, and keeps what it said. */
import { Agent } from 'undici';
import * as z from 'zod/mini';
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import { readBounded } from '../kube/read-bounded.ts';
import { withTimeLimit } from '../kube/time-limit.ts';
import { peerCountsPath, peerCountsSchema, type PeerCountsMessage } from './peer-counts-message.ts';
import type { ProgrammedCount } from './programmed-counts.ts';
import type { PodAcknowledgement } from './stray-acknowledgements.ts';

export interface PeerCountsClientOptions {
  /** Of the other replica. An IPv6 address has no brackets. */
  readonly host: string;
  readonly port: number;
  /** A name in the serving certificate that all replicas share. */
  readonly serverName: string;
  /** The authorities to trust now, as PEM. */
  readonly caPem: () => string;
  /** A token of the operator's own ServiceAccount. */
  readonly token: () => Promise<string>;
  readonly clock: Clock;
}

export interface PeerNews {
  /** Endpoints, as `namespace/name`, whose counts are others now. */
  readonly changed: ReadonlySet<string>;
  /** For streams that the other replica does not have; maybe this one has them. */
  readonly acknowledgements: readonly PodAcknowledgement[];
}

const limitMs = 10_000;
const maxBytes = 32 * 1024 * 1024;
const none: ProgrammedCount = { entitled: 0, programmed: 0 };

export class PeerCountsClient {
  readonly #options: PeerCountsClientOptions;
  #countsByEndpoint: ReadonlyMap<string, ProgrammedCount> = new Map();
  #cursor = '';
  #connection: { readonly caPem: string; readonly agent: Agent } | null = null;

  constructor(options: PeerCountsClientOptions) {
    this.#options = options;
  }

  /** What the replica said last. */
  countFor(endpoint: string): ProgrammedCount {
    return this.#countsByEndpoint.get(endpoint) ?? none;
  }

  /** Endpoints for which it has counts. */
  endpoints(): Iterable<string> {
    return this.#countsByEndpoint.keys();
  }

  /** Asks once. Rejects with LinkError; what was known stays. Not to be called again before it settles. */
  async poll(signal: AbortSignal): Promise<PeerNews> {
    const { clock } = this.#options;
    const message = await withTimeLimit({ clock, limitMs, signal }, (limited) => this.#ask(limited));
    const counts = new Map(message.isComplete ? [] : this.#countsByEndpoint);
    const changed = new Set(message.isComplete ? this.#countsByEndpoint.keys() : []);
    for (const [endpoint, [entitled, programmed]] of Object.entries(message.counts)) {
      changed.add(endpoint);
      if (entitled === 0) counts.delete(endpoint);
      else counts.set(endpoint, { entitled, programmed });
    }
    this.#countsByEndpoint = counts;
    this.#cursor = message.cursor;
    return { changed, acknowledgements: message.acknowledgements };
  }

  /** Ends its connection. */
  async close(): Promise<void> {
    const { agent } = this.#connection ?? {};
    this.#connection = null;
    await agent?.destroy();
  }

  async #ask(signal: AbortSignal): Promise<PeerCountsMessage> {
    const { host, port, token } = this.#options;
    const origin = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
    try {
      const answer = await this.#agent().request({
        origin,
        path: `${peerCountsPath}?after=${encodeURIComponent(this.#cursor)}`,
        method: 'GET',
        headers: { authorization: `Bearer ${await token()}` },
        signal,
      });
      const text = await readBounded(answer.body, maxBytes);
      const message = answer.statusCode === 200 && text !== null ? messageFrom(text) : null;
      if (message === null) throw failure(origin, answer.statusCode);
      return message;
    } catch (cause) {
      if (cause instanceof LinkError) throw cause;
      throw failure(origin, 0, cause);
    }
  }

  #agent(): Agent {
    const caPem = this.#options.caPem();
    if (this.#connection?.caPem === caPem) return this.#connection.agent;
    void this.#connection?.agent.close();
    const agent = new Agent({
      allowH2: false,
      connections: 1,
      headersTimeout: limitMs,
      bodyTimeout: limitMs,
      connect: { ca: caPem, servername: this.#options.serverName, rejectUnauthorized: true, timeout: limitMs },
    });
    this.#connection = { caPem, agent };
    return agent;
  }
}

function messageFrom(text: string): PeerCountsMessage | null {
  try {
    return z.safeParse(peerCountsSchema, JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function failure(origin: string, status: number, cause?: unknown): LinkError {
  const what = status === 0 ? 'gives no answer' : `answers ${status}, or what it should not`;
  return new LinkError(`the replica at ${origin} ${what}`, { kind: 'transient', status, retryAfterMs: 0, cause });
}
