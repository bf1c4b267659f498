/**
 * Stops and starts the node for somebody in another process: the files of a test run share one cluster, and each has a
 * process of its own. Orders come by HTTP on a socket.
 */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { NodeProcesses } from './node-processes.ts';

export type NodeOrder = 'start' | 'stop';

/** Takes orders until it is closed. */
export async function serveNodeSwitch(socket: string, node: NodeProcesses): Promise<Server> {
  const server = createServer((asked, response) => {
    const done = asked.url === '/stop' ? node.stop() : node.start();
    done.then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(socket);
  await once(server, 'listening');
  return server;
}

/** Resolves when the order has been carried out. */
export function orderNode(socket: string, order: NodeOrder): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: socket, path: `/${order}`, method: 'POST', agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      text(response).then((answer) => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`the node did not ${order}: ${answer}`));
      }, reject);
    });
    asking.end();
  });
}
