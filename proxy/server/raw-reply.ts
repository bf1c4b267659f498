/** Answers a socket that no request object stands for: HTTP that did not parse, or one connection too many. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { replyHeaders, type Reply } from '../reply/reply.ts';

/** Writes the reply as HTTP/1.1 and closes the connection. */
export function sendRawReply(socket: Duplex, reply: Reply): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = [...replyHeaders(reply), 'Connection', 'close'];
  const lines = [`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`];
  for (let index = 0; index + 1 < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${reply.body}`, () => socket.destroy());
}
