/** Opens one connection to an upstream: straight, or through a proxy's tunnel. Never to the proxy's own API. */
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { buildConnector } from 'undici';
import undiciConnector from 'undici/lib/core/connect.js';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { ConnectFailure } from './connect-failure.ts';
import { skipContinue } from './skip-continue.ts';
import { tlsOptions, type TlsOptions } from './tls-options.ts';
import type { TrustedRoots } from './trusted-roots.ts';

export type Connector = buildConnector.connector;
export type ConnectCallback = buildConnector.Callback;
export type ConnectTarget = buildConnector.Options;

export interface ConnectorOptions {
  readonly connectTimeoutMs: number;
  /** Empty for plain TCP. */
  readonly tls: TlsOptions;
  readonly http2: 'negotiate' | 'h2c' | 'never';
  /** A proxy to go through with CONNECT; `null`: none. */
  readonly tunnel: Tunnel | null;
  /** Whether a connection's far end is this very proxy. */
  readonly isOwnAddress: OwnAddressTest;
}

export interface Tunnel {
  readonly url: string;
  /** Verify an https proxy. */
  readonly roots: TrustedRoots;
}

export interface SocketEnd {
  readonly address: string;
  readonly port: number;
}

export type OwnAddressTest = (remote: SocketEnd) => boolean;

/** The function that undici's pool opens its connections with. */
export function createConnector(options: ConnectorOptions): Connector {
  const connect = undiciConnector({
    ...options.tls,
    timeout: options.connectTimeoutMs,
    allowH2: options.http2 === 'negotiate',
  });
  const { tunnel, connectTimeoutMs } = options;
  const dial: Connector = tunnel === null ? connect : tunnelled(connect, { tunnel, connectTimeoutMs });
  return (target, callback) => {
    dial(target, (...[error, socket]) => {
      if (error !== null) return callback(new ConnectFailure(error), null);
      const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
      if (!options.isOwnAddress(remote)) return callback(null, skipContinue(endAtFirstError(socket)));
      socket.destroy();
      callback(new ProxyError('loop-detected', 'the target is this proxy itself'), null);
    });
  };
}

/**
 * A TLS alert after the handshake (a server that wants another certificate, in TLS 1.3) comes as an error and then as
 * an ordinary end, which undici would report instead.
 */
function endAtFirstError<S extends Socket>(socket: S): S {
  return socket.once('error', (error) => socket.destroy(error));
}

/** CONNECT first (RFC 9110 §9.3.6), then TLS inside the tunnel. */
function tunnelled(
  connect: Connector,
  { tunnel, connectTimeoutMs }: { tunnel: Tunnel; connectTimeoutMs: number },
): Connector {
  return (target, callback) => {
    const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
    const host = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname;
    const authority = `${host}:${port}`;
    const proxy = new URL(tunnel.url);
    const open = proxy.protocol === 'https:' ? secureRequest : request;
    const call = open({
      ...(proxy.protocol === 'https:' ? { ...tlsOptions(null, tunnel.roots), servername: serverName(proxy) } : {}),
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
      path: authority,
      headers: { Host: authority, ...proxyAuthorization(proxy) },
      agent: false,
      timeout: connectTimeoutMs,
    });
    call.once('timeout', () =>
      call.destroy(new ProxyError('upstream-timeout', 'the environment proxy did not answer')),
    );
    call.once('error', (error) => callback(error, null));
    call.once('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) {
        if (target.protocol === 'https:') connect({ ...target, httpSocket: socket }, callback);
        else callback(null, socket);
        return;
      }
      socket.destroy();
      callback(new ProxyError('upstream-connect', `the environment proxy answered ${response.statusCode ?? 0}`), null);
    });
    call.end();
  };
}

/** Said outright: node would take it from the Host field, which names the far end of the tunnel. */
function serverName({ hostname }: URL): string {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) === 0 ? hostname : '';
}

/** `Proxy-Authorization` from the user information of a proxy's URL. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
