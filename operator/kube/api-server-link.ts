/**
 * The connections to the API server: HTTP/1.1 by undici, always verified, with the credentials of the moment. Watches have connections of
 * their own, so that no number of them holds up a request.
 */
import type { Dispatcher } from 'undici';
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import type { ClusterAccess, ClusterTls } from './cluster-access.ts';

export interface LinkRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's own path. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; `''`: none. */
  readonly body: string;
  /** An answer that goes on for minutes, where silence is judged by whoever reads it. */
  readonly isWatch: boolean;
  readonly signal: AbortSignal;
}

export interface ApiServerLink {
  /** Throws LinkError when there are no credentials, and whatever undici throws. */
  send(request: LinkRequest): Promise<Dispatcher.ResponseData>;
  /** Credentials were not accepted: the next request reads them anew. */
  forgetCredentials(): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

interface Connections {
  readonly key: string;
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

/** Requests beyond these wait, within their time limit. */
const maxRequestConnections = 32;
const connectTimeoutMs = 10_000;
const headersTimeoutMs = 30_000;
/** Below the 90 s after which the API server ends an idle connection. */
const idleMs = 30_000;
/** Probes find a dead connection within 30 s, long before the timer for silence does. */
const probeAfterMs = 15_000;

/** Connects with the first request. */
export function createApiServerLink(access: ClusterAccess): ApiServerLink {
  const { origin, pathname } = new URL(access.server);
  const prefix = pathname.replace(/\/$/, '');
  let connections: Connections | null = null;

  const connectionsFor = (tls: ClusterTls): Connections => {
    const key = JSON.stringify(tls);
    if (connections?.key === key) return connections;
    // Requests and watches under way end in their time; the next ones use the new certificates.
    if (connections !== null) void closeGently(connections);
    connections = { key, requests: dispatcher(tls, maxRequestConnections), watches: dispatcher(tls, null) };
    return connections;
  };

  const dispatcher = (tls: ClusterTls, maxConnections: number | null): Dispatcher => {
    const secure = {
      rejectUnauthorized: true,
      ...(tls.ca === '' ? {} : { ca: tls.ca }),
      ...(tls.certificateChain === '' ? {} : { cert: tls.certificateChain, key: tls.privateKey }),
      ...(tls.serverName === '' ? {} : { servername: tls.serverName }),
    };
    const shared = {
      connections: maxConnections,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
    };
    const connect = { timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: probeAfterMs };
    return access.proxyUrl === ''
      ? new Agent({ ...shared, connect: { ...connect, ...secure } })
      : new ProxyAgent({ ...shared, uri: access.proxyUrl, requestTls: { ...connect, ...secure }, connect });
  };

  return {
    async send({ method, path, headers, body, isWatch, signal }) {
      const credentials = await access.credentials();
      const { requests, watches } = connectionsFor(credentials.tls);
      return request.call(isWatch ? watches : requests, {
        origin,
        path: `${prefix}${path}`,
        method,
        headers: { ...headers, ...credentials.headers },
        body: body === '' ? null : body,
        headersTimeout: headersTimeoutMs,
        bodyTimeout: isWatch ? 0 : headersTimeoutMs,
        signal,
      });
    },
    forgetCredentials: () => access.forget(),
    async close() {
      const last = connections;
      connections = null;
      if (last !== null) await Promise.all([last.requests.destroy(), last.watches.destroy()]);
    },
  };
}

/** Nobody waits for it, and a failure concerns connections that nobody uses any more. */
async function closeGently({ requests, watches }: Connections): Promise<void> {
  await Promise.allSettled([requests.close(), watches.close()]);
}
