/** Lets node:http take its connections from a pool's connector: TLS, tunnels and the guard against loops included. */
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionPool } from './connection-pool.ts';

/** A new connection for each call; none is kept. */
export class PoolAgent extends Agent {
  readonly #pool: ConnectionPool;

  constructor(pool: ConnectionPool) {
    super({ keepAlive: false });
    this.#pool = pool;
  }

  override createConnection(_options: object, callback?: (error: Error | null, stream: Socket) => void): undefined {
    this.#pool.connect((error, socket) => {
      if (error === null) callback?.(null, socket);
      // Its type asks for a connection even where there is none.
      else if (callback !== undefined) Reflect.apply(callback, undefined, [error]);
    });
    return undefined;
  }
}
