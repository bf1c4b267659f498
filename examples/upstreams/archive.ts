/** An HTTPS server whose certificate comes from a private authority. It asks its callers for nothing. */
import { createServer } from 'node:https';
import type { IssuedCertificate } from '../certificates/certificate-authority.ts';
import { type RunningServer, startServer } from './running-server.ts';

export interface ArchiveOptions {
  readonly port: number;
  readonly certificate: IssuedCertificate;
}

/** Starts it on 127.0.0.1. */
export function startArchive(options: ArchiveOptions): Promise<RunningServer> {
  const { certificate } = options;
  const server = createServer({ cert: certificate.chainPem, key: certificate.privateKeyPem }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('If it is not in our records, it does not exist.\n');
  });
  return startServer(server, options.port);
}
