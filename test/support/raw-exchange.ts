/** Bytes to a port, bytes back: for requests that no client library would send. */
import { connect } from 'node:net';

/** Sends the text (latin1) and resolves with all that comes back until the far end closes, or `isEnough` says so. */
export function rawExchange(
  port: number,
  text: string,
  isEnough: (received: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received = '';
    const finish = (): void => {
      socket.destroy();
      resolve(received);
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (isEnough(received)) finish();
    });
    socket.once('end', finish).once('close', finish);
    socket.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? finish() : reject(error)));
    socket.write(text, 'latin1');
  });
}

/** Whether a whole HTTP/1.1 response with Content-Length or chunked framing has come. */
export function isWholeResponse(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const head = received.slice(0, headEnd).toLowerCase();
  const body = received.slice(headEnd + 4);
  const length = /content-length: (\d+)/.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return head.includes('transfer-encoding: chunked') && body.includes('0\r\n');
}
