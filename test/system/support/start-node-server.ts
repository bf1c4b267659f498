/** Servers of the test itself on the node's address, where pods reach them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import type { AppReport } from './calling-app.ts';
import { nodeAddress } from './node-address.ts';

export interface NodeServer {
  /** As `http://10.240.0.2:40123`. */
  readonly origin: string;
  /** Ends it and its connections. */
  close(): Promise<void>;
}

/** Answers every request with `answer`, after `?ms=` milliseconds. */
export function startUpstream(answer: string): Promise<NodeServer> {
  return startNodeServer((request, response) => {
    const delayMs = Number(new URL(request.url ?? '', 'http://node').searchParams.get('ms'));
    setTimeout(() => response.end(answer), delayMs);
  });
}

/** Takes the reports of applications. */
export async function startReportServer(): Promise<NodeServer & { readonly reports: readonly AppReport[] }> {
  const reports: AppReport[] = [];
  const server = await startNodeServer((request, response) => {
    void text(request).then((body) => {
      reports.push(JSON.parse(body) as AppReport);
      response.end();
    });
  });
  return { ...server, reports };
}

/** Answers as it is told, over TLS when it has a certificate. */
export async function startNodeServer(listener: RequestListener, tls?: ServerOptions): Promise<NodeServer> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, nodeAddress);
  await once(server, 'listening');
  return running(server, tls === undefined ? 'http' : 'https');
}

/** Answers with the serial number of the client's certificate. `options` may be changed while it runs. */
export async function startSerialServer(
  options: ServerOptions,
): Promise<NodeServer & { change(changed: ServerOptions): void }> {
  const server: TlsServer = createTlsServer({ requestCert: true, rejectUnauthorized: true, ...options });
  server.on('request', (request, response) => response.end(serialOf(request)));
  server.listen(0, nodeAddress);
  await once(server, 'listening');
  return { ...running(server, 'https'), change: (changed) => server.setSecureContext(changed) };
}

function serialOf(request: IncomingMessage): string {
  return (request.socket as TLSSocket).getPeerCertificate().serialNumber;
}

function running(server: ReturnType<typeof createServer> | TlsServer, scheme: string): NodeServer {
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${scheme}://${nodeAddress}:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
