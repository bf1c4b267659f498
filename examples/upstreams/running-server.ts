/** Starts a server on loopback and ends it for good. */
import { once } from 'node:events';
import type { Server } from 'node:http';

export interface RunningServer {
  readonly port: number;
  /** Stops listening and drops what is still connected. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 at the wished port or, when another process has it, at any free one. */
export async function startServer(server: Server, wishedPort: number): Promise<RunningServer> {
  const port = await listen(server, wishedPort).catch((error: unknown) => {
    if (isAddressInUse(error)) return listen(server, 0);
    throw error;
  });
  return {
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Whether listening failed because another process has the port. */
export function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}
