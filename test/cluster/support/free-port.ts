/**
 * A port for a server that has to be told one. Taken from below the range that systems give to outgoing connections, so
 * that it stays free while the server restarts.
 */
import { randomInt } from 'node:crypto';
import { isPortFree } from '../../../examples/run/free-port.ts';

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = randomInt(20_000, 32_000);
    if (await isPortFree(port)) return port;
  }
  throw new Error('no port between 20000 and 32000 is free on 127.0.0.1');
}
