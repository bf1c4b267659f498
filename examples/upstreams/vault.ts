/** An HTTPS server that demands a client certificate of its own authority, and greets the caller by that name. */
import { createServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { IssuedCertificate } from '../certificates/certificate-authority.ts';
import { type RunningServer, startServer } from './running-server.ts';

export interface VaultOptions {
  readonly port: number;
  readonly certificate: IssuedCertificate;
  /** PEM of the authority whose clients are let in. */
  readonly clientAuthorityPem: string;
}

/** Starts it on 127.0.0.1. */
export function startVault(options: VaultOptions): Promise<RunningServer> {
  const server = createServer(
    {
      cert: options.certificate.chainPem,
      key: options.certificate.privateKeyPem,
      ca: options.clientAuthorityPem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const { socket } = request;
      const name = socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : 'nobody';
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`The vault is open to ${name}.\n`);
    },
  );
  return startServer(server, options.port);
}
