/** A TLS server that takes each new certificate while it runs, and real clients of it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { CertificateSource } from '../../operator/identity/certificate-source.ts';

/** Starts it on 127.0.0.1; it ends with the test. */
export async function servePresented(authority: CertificateSource): Promise<Server> {
  const context = (): { readonly cert: string; readonly key: string } => ({
    cert: authority.current().certificateChainPem,
    key: authority.current().privateKeyPem,
  });
  const server = createServer(context(), (socket) => socket.end());
  authority.onChanged(() => server.setSecureContext(context()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

/** What a client meets that trusts only this: `connected`, or the code of the failure. */
export async function reachedWith(server: Server, ca: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername: 'farpoint-operator.farpoint-system.svc', ca });
  try {
    await once(socket, 'secureConnect');
    return 'connected';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    socket.destroy();
  }
}
