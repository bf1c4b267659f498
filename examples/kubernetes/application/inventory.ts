/** An HTTPS server that demands a client certificate: `/stock/66` says what there is, and whose certificate it saw. */
import { readFileSync, watchFile } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

/** `folder` holds tls.crt, tls.key and ca.crt, as a Secret of cert-manager does; a new certificate is taken at once. */
export function createInventory(folder: string): Server {
  const material = (): { cert: Buffer; key: Buffer; ca: Buffer } => ({
    cert: readFileSync(join(folder, 'tls.crt')),
    key: readFileSync(join(folder, 'tls.key')),
    ca: readFileSync(join(folder, 'ca.crt')),
  });
  const server = createServer({ ...material(), requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const [, item] = /^\/stock\/(\d{1,9})$/.exec(request.url ?? '') ?? [];
    if (item === undefined) return void response.writeHead(404).end();
    const certificate = request.socket instanceof TLSSocket ? request.socket.getPeerX509Certificate() : undefined;
    const stock = { item: Number(item), inStock: 3, caller: certificate?.subject, serial: certificate?.serialNumber };
    response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(stock)}\n`);
  });
  watchFile(join(folder, 'tls.crt'), { interval: 1_000, persistent: false }, () => server.setSecureContext(material()));
  return server;
}
