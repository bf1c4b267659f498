/** Tells HTTP/2 by prior knowledge from HTTP/1.1 by a connection's first bytes (RFC 9113 §3.3). */
import type { Socket } from 'node:net';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export type HttpVersion = 'http1' | 'http2';

/** Calls `decided` once, with the bytes it has read put back. A connection that sends nothing calls nothing. */
export function detectHttpVersion(socket: Socket, decided: (version: HttpVersion) => void): void {
  let received: Buffer | null = null;
  const onReadable = (): void => {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) return;
    received = received === null ? chunk : Buffer.concat([received, chunk]);
    const compared = Math.min(received.length, preface.length);
    const isPreface = received.subarray(0, compared).equals(preface.subarray(0, compared));
    if (isPreface && compared < preface.length) return;
    socket.off('readable', onReadable);
    socket.unshift(received);
    decided(isPreface ? 'http2' : 'http1');
  };
  socket.on('readable', onReadable);
}
