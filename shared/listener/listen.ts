/** Opens a listening socket, or fails with one clear sentence. */
import { unlink } from 'node:fs/promises';
import { connect, type ListenOptions, type Server } from 'node:net';

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Resolves when the server accepts connections, with its port. Rejects with an Error that says what to change. */
export async function listenOnPort(server: Server, host: string, port: number): Promise<number> {
  return (await listen(server, { kind: 'tcp', host, port })) ?? port;
}

/** The same for any address; the port of a socket file is null. */
export async function listen(server: Server, address: ListenAddress): Promise<number | null> {
  const mistake = await tryToListen(server, address);
  if (mistake !== null) await listenAfterAll(server, address, mistake);
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? bound.port : null;
}

async function listenAfterAll(server: Server, address: ListenAddress, mistake: NodeJS.ErrnoException): Promise<void> {
  // A killed program leaves its socket file behind, and a pod's volume outlives its containers.
  const isLeftBehind = mistake.code === 'EADDRINUSE' && address.kind === 'unix' && (await isAbandoned(address.path));
  if (isLeftBehind) await unlink(address.path).catch(() => undefined);
  const cause = isLeftBehind ? await tryToListen(server, address) : mistake;
  if (cause !== null) throw new Error(sentence(address, cause), { cause });
}

function tryToListen(server: Server, address: ListenAddress): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(optionsFor(address), () => {
      server.off('error', resolve);
      // A connection that could not be accepted (too many open files) is lost; the others are not.
      server.on('error', (error) => process.emitWarning(error));
      resolve(null);
    });
  });
}

/** Other containers of a pod run as other users; who may use a socket file is up to its folder, as with a port. */
function optionsFor(address: ListenAddress): ListenOptions {
  return address.kind === 'tcp'
    ? { host: address.host, port: address.port }
    : { path: address.path, readableAll: true, writableAll: true };
}

/** Whether an address cannot be had because the machine does not have it. */
export function isAbsentAddress(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

/** Whether nobody listens on a socket file. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

function sentence(address: ListenAddress, cause: NodeJS.ErrnoException): string {
  const where = address.kind === 'tcp' ? `${address.host}:${address.port}` : address.path;
  if (cause.code === 'EADDRINUSE')
    return `cannot listen on ${where}: it is taken by another program; choose another ${address.kind === 'tcp' ? 'port' : 'folder'}`;
  if (cause.code === 'EACCES') return `cannot listen on ${where}: not permitted; choose a port above 1023`;
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'EAFNOSUPPORT')
    return `cannot listen on ${where}: this machine does not have that address`;
  return `cannot listen on ${where}: ${cause.code ?? cause.message}`;
}
