/**
 * Takes `100 Continue` out of what an HTTP/1.1 upstream sends. `Expect` is answered here and never forwarded, but any
 * server may send the line unasked (RFC 9110 §15.2), and undici takes it for a broken answer.
 */
import type { Socket } from 'node:net';

const continueLine = /^HTTP\/1\.[01] 100[ \r]/;
const interimLine = /^HTTP\/1\.[01] 1(?!01)/;
const longestLine = 'HTTP/1.1 100 '.length;
const headEnd = '\r\n\r\n';
/** Where the first digit of a status stands, and the digit of interim answers. */
const statusAt = 9;
const one = 0x31;

/** Only the first bytes after a request's head are looked at: a body may hold whatever it likes. */
export function skipContinue<S extends Socket>(socket: S): S {
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket);
  let awaitsHead = false;
  return Object.assign(socket, {
    write: (data: unknown, encoding?: unknown, callback?: unknown): boolean => {
      // A head is text that begins with a method; a chunk's size, the only other text, begins with a line break.
      if (typeof data === 'string' && !data.startsWith('\r\n')) awaitsHead = true;
      return Reflect.apply(write, socket, [data, encoding, callback]) === true;
    },
    read: (size?: number): unknown => {
      for (;;) {
        const piece: unknown = read(size);
        if (!awaitsHead || !Buffer.isBuffer(piece)) return piece;
        const rest = piece[statusAt] === one ? withoutContinue(piece) : piece;
        if (rest.length === 0) continue;
        awaitsHead = rest[statusAt] === one && interimLine.test(rest.toString('latin1', 0, longestLine));
        return rest;
      }
    },
  });
}

function withoutContinue(piece: Buffer): Buffer {
  let rest = piece;
  while (continueLine.test(rest.toString('latin1', 0, longestLine))) {
    const end = rest.indexOf(headEnd);
    if (end === -1) return rest;
    rest = rest.subarray(end + headEnd.length);
  }
  return rest;
}
