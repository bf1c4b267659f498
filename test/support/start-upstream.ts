/** Upstreams for tests: a node:http server, and a raw socket that says exactly what it is told. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestUpstream {
  readonly origin: string;
  readonly port: number;
}

/** Listens on loopback until the test ends. */
export async function startUpstream(listener: RequestListener): Promise<TestUpstream> {
  const server = createServer({ requireHostHeader: false }, listener);
  return {
    port: await listenUntilTestEnds(server),
    get origin() {
      return `http://127.0.0.1:${portOf(server)}`;
    },
  };
}

/** Every connection goes to `onConnection`; nothing is parsed. */
export async function startRawUpstream(onConnection: (socket: Socket) => void): Promise<TestUpstream> {
  const server = createNetServer((socket) => {
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  return {
    port: await listenUntilTestEnds(server),
    get origin() {
      return `http://127.0.0.1:${portOf(server)}`;
    },
  };
}

/** Opens a server on a free loopback port; closes it and its connections with the test. */
export async function listenUntilTestEnds(server: Server | NetServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  return portOf(server);
}

function portOf(server: Server | NetServer): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
