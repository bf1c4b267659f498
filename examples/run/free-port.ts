/** Ports for the proxy, found before it starts, so that a taken one is one clear sentence. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether nothing listens on this port of 127.0.0.1. Port 0 is always free. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await claim(port)) !== null;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const port = await claim(0);
  if (port === null) throw new Error('no port is free on 127.0.0.1');
  return port;
}

async function claim(wished: number): Promise<number | null> {
  const server = createServer().listen(wished, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return null;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address === null || typeof address === 'string' ? null : address.port;
}
