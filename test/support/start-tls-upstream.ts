/** HTTPS upstreams for tests that remember who connected and how. */
import type { IncomingMessage, RequestListener } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { CertificateAuthority, IssuedCertificate } from '../../examples/certificates/certificate-authority.ts';
import { listenUntilTestEnds } from './start-upstream.ts';

export interface SeenConnection {
  /** SNI, `''` when none was sent. */
  readonly serverName: string;
  readonly tlsVersion: string;
  readonly alpn: string;
  /** Common name of the client's certificate, `''` when none was sent. */
  readonly clientName: string;
}

export interface TlsUpstream {
  readonly port: number;
  /** `https://localhost:<port>`. */
  readonly origin: string;
  /** TCP connections, whether or not a handshake followed. */
  readonly attempts: () => number;
  /** Those whose handshake succeeded. */
  readonly connections: readonly SeenConnection[];
  /** HTTP requests that arrived. */
  readonly requests: readonly string[];
}

/** Answers every request with the client's common name, unless told otherwise. HTTP/1.1 alone. */
export async function startTlsUpstream(options: ServerOptions, listener?: RequestListener): Promise<TlsUpstream> {
  const requests: string[] = [];
  const server = createServer(options, (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (listener === undefined) response.end(clientNameOf(request.socket));
    else listener(request, response);
  });
  return watched(server, requests);
}

export type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) => void;

/** HTTP/2, and HTTP/1.1 when `allowHTTP1` is set. */
export async function startHttp2Upstream(
  options: SecureServerOptions,
  onStream: StreamListener,
): Promise<TlsUpstream & { readonly server: Http2SecureServer }> {
  const requests: string[] = [];
  const server = createSecureServer(options);
  server.on('sessionError', () => undefined);
  server.on('stream', (stream: ServerHttp2Stream, headers, _flags, rawHeaders) => {
    requests.push(`${headers[':method'] ?? ''} ${headers[':path'] ?? ''}`);
    stream.on('error', () => stream.destroy());
    onStream(stream, headers, rawHeaders);
  });
  return { ...(await watched(server, requests)), server };
}

/** A server certificate for `localhost` and both loopback addresses, as server options. */
export async function serverIdentity(
  authority: CertificateAuthority,
  hosts: readonly string[] = ['localhost', '127.0.0.1', '::1'],
): Promise<{ readonly cert: string; readonly key: string }> {
  return identityOptions(await authority.issueServer({ hosts }));
}

/** What `tls.createServer` takes of a certificate. */
export function identityOptions({ chainPem, privateKeyPem }: IssuedCertificate): {
  readonly cert: string;
  readonly key: string;
} {
  return { cert: chainPem, key: privateKeyPem };
}

async function watched(server: Server | Http2SecureServer, requests: readonly string[]): Promise<TlsUpstream> {
  const connections: SeenConnection[] = [];
  let attempts = 0;
  server.on('connection', () => (attempts += 1));
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    connections.push({
      serverName: typeof socket.servername === 'string' ? socket.servername : '',
      tlsVersion: socket.getProtocol() ?? '',
      alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : '',
      clientName: clientNameOf(socket),
    });
  });
  const port = await listenUntilTestEnds(server);
  return { port, origin: `https://localhost:${port}`, attempts: () => attempts, connections, requests };
}

/** Common name of the certificate that the client presented. */
export function clientNameOf(socket: IncomingMessage['socket']): string {
  const name = (socket as TLSSocket).getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : '';
}
