/** An upstream that keeps each request as the bytes it came in, and answers with the bytes it is given. */
import type { Socket } from 'node:net';
import { startRawUpstream, type TestUpstream } from './start-upstream.ts';

export interface ByteUpstream extends TestUpstream {
  /** Whole requests, latin1, in order of arrival. */
  readonly requests: readonly string[];
}

export const okAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Listens on loopback until the test ends. Connections are kept. */
export async function startByteUpstream(answer: string = okAnswer): Promise<ByteUpstream> {
  const requests: string[] = [];
  const upstream = await startRawUpstream((socket) => collect(socket, requests, answer));
  return { port: upstream.port, origin: upstream.origin, requests };
}

function collect(socket: Socket, requests: string[], answer: string): void {
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    const length = lengthOfRequest(received);
    if (length === null) return;
    requests.push(received.slice(0, length));
    received = received.slice(length);
    socket.write(answer, 'latin1');
  });
}

function lengthOfRequest(received: string): number | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = received.slice(0, headEnd).toLowerCase();
  if (head.includes('\r\ntransfer-encoding: chunked')) {
    const last = /\r\n0\r\n(?:[^\r]+\r\n)*\r\n/.exec(received.slice(headEnd + 2));
    return last === null ? null : headEnd + 2 + last.index + last[0].length;
  }
  const length = headEnd + 4 + Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  return received.length >= length ? length : null;
}

/** The request line of a request. */
export function requestLineOf(request: string | undefined): string {
  return request?.slice(0, request.indexOf('\r\n')) ?? '';
}

/** The header lines of a request or response, as sent. */
export function headerLinesOf(message: string | undefined): readonly string[] {
  if (message === undefined) return [];
  return message.slice(0, message.indexOf('\r\n\r\n')).split('\r\n').slice(1);
}

/** What follows the head. */
export function bodyOf(message: string | undefined): string {
  return message?.slice(message.indexOf('\r\n\r\n') + 4) ?? '';
}
