/** The TLS listener: HTTP/1.1 over TLS 1.2 or later, and everything that bounds a connection before anybody asks. */
import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import type { Logger } from '#shared/logger/logger.ts';
import type { CertificateSource } from '../identity/certificate-source.ts';
import type { Connections } from './connections.ts';

/** Why a connection was closed before anybody asked for anything on it. */
export type ConnectionFault = 'too-many' | 'tls' | 'malformed' | 'timeout';

export interface TlsListenerLimits {
  /** Open connections in all. */
  readonly maxConnections: number;
  readonly handshakeTimeoutMs: number;
  /** From the first byte of a request to the end of its header. */
  readonly headerTimeoutMs: number;
  /** A connection without a request is kept so long. */
  readonly keepAliveMs: number;
  /** A connection that is silent for so long is probed. */
  readonly probeAfterMs: number;
}

export interface TlsListenerOptions {
  /** For logs. */
  readonly name: string;
  readonly certificate: CertificateSource;
  readonly connections: Connections;
  readonly limits: TlsListenerLimits;
  readonly onConnectionRefused: (reason: ConnectionFault) => void;
  readonly logger: Logger;
  /** Whether an answer without end goes over this connection. */
  readonly isStreaming: (socket: Duplex) => boolean;
}

/** Makes the server; it does not listen yet. Throws when the certificate is not usable. */
export function createTlsListener(app: RequestListener, options: TlsListenerOptions): Server {
  const { certificate, connections, limits, onConnectionRefused, isStreaming } = options;
  const server = createServer(
    {
      ...contextOf(certificate),
      handshakeTimeout: limits.handshakeTimeoutMs,
      headersTimeout: limits.headerTimeoutMs,
      // The request of a stream has no end; the app limits the others.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headerTimeoutMs),
      maxHeaderSize: 16_384,
      // A client that vanished without a word is noticed by the connection's own probes.
      keepAlive: true,
      keepAliveInitialDelay: limits.probeAfterMs,
    },
    app,
  );
  server.maxHeadersCount = 100;
  server.maxConnections = limits.maxConnections;
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    connections.add(socket);
  });
  server.on('drop', () => onConnectionRefused('too-many'));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    onConnectionRefused(error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'timeout' : 'tls');
    socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answer = answerTo(error);
    // Anything else is an error of TLS, which was counted, or of the network.
    if (answer === null) return void socket.destroy();
    onConnectionRefused(answer.code === 'header-timeout' ? 'timeout' : 'malformed');
    // Amid a stream there is nothing to say.
    if (socket.writable && !isStreaming(socket)) socket.end(answer.text, () => socket.destroy());
    else socket.destroy();
  });
  return server;
}

/** Presents another certificate from now on; connections that are open keep theirs. */
export function replaceCertificate(server: Server, { name, certificate, logger }: TlsListenerOptions): void {
  try {
    server.setSecureContext(contextOf(certificate));
    logger.info('another certificate is presented', { server: name });
  } catch (error) {
    // Its message names no key material.
    logger.error('a new certificate is not usable; the one before stays', { server: name, err: error });
  }
}

function contextOf(certificate: CertificateSource): TlsOptions {
  const { certificateChainPem, privateKeyPem } = certificate.current();
  return { cert: certificateChainPem, key: privateKeyPem, minVersion: 'TLSv1.2' };
}

const answersByErrorCode: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'header-too-large', 'the header is too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'body-too-large', 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'header-timeout', 'the header did not come to its end in time'],
};

/** What to say to somebody whose bytes are no request; null: it is no error of HTTP. */
function answerTo(error: NodeJS.ErrnoException): { readonly code: string; readonly text: string } | null {
  const errorCode = error.code ?? '';
  const known = answersByErrorCode[errorCode];
  if (known === undefined && !errorCode.startsWith('HPE_')) return null;
  const [status, code, message] = known ?? ['400 Bad Request', 'bad-request', 'this is not HTTP/1.1'];
  const body = `${JSON.stringify({ code, message })}\n`;
  const fields = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`;
  return { code, text: `HTTP/1.1 ${status}\r\n${fields}\r\n${body}` };
}
