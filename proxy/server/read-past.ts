/** What a caller sends after the last answer of a connection. */
import type { Duplex } from 'node:stream';

/** Reads on and looks at nothing: node's parser, which listens for 'data', would make requests of it. */
export function readPast(socket: Duplex): void {
  socket
    .removeAllListeners('data')
    .on('data', () => undefined)
    .resume();
}
