/** Opens one connection to an upstream: straight, or through a proxy's tunnel. Never to the proxy's own API. */
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import undiciConnector from 'undici/lib/core/connect.js';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { TlsOptions } from './tls-options.ts';

export type Connector = buildConnector.connector;
export type ConnectCallback = buildConnector.Callback;

export interface ConnectorOptions {
  readonly connectTimeoutMs: number;
  /** Empty for plain TCP. */
  readonly tls: TlsOptions;
  readonly http2: 'negotiate' | 'h2c' | 'never';
  /** A proxy to tunnel through with CONNECT; `null`: none. */
  readonly tunnelUrl: string | null;
  /** Whether a connection's far end is this very proxy. */
  readonly isOwnAddress: OwnAddressTest;
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
    ...(options.http2 === 'h2c' ? { useH2c: true } : {}),
  });
  const { tunnelUrl } = options;
  const dial: Connector = tunnelUrl === null ? connect : tunnelled(connect, { ...options, tunnelUrl });
  return (target, callback) => {
    dial(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
      if (!options.isOwnAddress(remote)) return callback(null, socket);
      socket.destroy();
      callback(new ProxyError('loop-detected', 'the target is this proxy itself'), null);
    });
  };
}

/** CONNECT first (RFC 9110 §9.3.6), then TLS inside the tunnel. */
function tunnelled(connect: Connector, options: { tunnelUrl: string; connectTimeoutMs: number }): Connector {
  return (target, callback) => {
    const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
    const host = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname;
    const authority = `${host}:${port}`;
    const proxy = new URL(options.tunnelUrl);
    const open = proxy.protocol === 'https:' ? secureRequest : request;
    const call = open({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
      path: authority,
      headers: { Host: authority, ...proxyAuthorization(proxy) },
      agent: false,
      timeout: options.connectTimeoutMs,
    });
    call.once('timeout', () => call.destroy(new ProxyError('upstream-timeout', 'the environment proxy did not answer')));
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

/** `Proxy-Authorization` from the user information of a proxy's URL. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
