/** Opens a listening socket, or fails with one clear sentence. */
import type { Server } from 'node:net';

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Resolves when the server accepts connections. Rejects with an Error that says what to change. */
export function listen(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => reject(new Error(sentence(address, cause), { cause }));
    server.once('error', fail);
    server.listen(address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function sentence(address: ListenAddress, cause: NodeJS.ErrnoException): string {
  const where = address.kind === 'tcp' ? `${address.host}:${address.port}` : address.path;
  if (cause.code === 'EADDRINUSE')
    return `cannot listen on ${where}: it is taken by another program; choose another port`;
  if (cause.code === 'EACCES') return `cannot listen on ${where}: not permitted; choose a port above 1023`;
  if (cause.code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine does not have that address`;
  return `cannot listen on ${where}: ${cause.code ?? cause.message}`;
}
