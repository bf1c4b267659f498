/** A connection that a test drives byte by byte, keeping all that comes back. */
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { waitUntil } from './start-test-proxy.ts';

/** Latin-1 throughout, so that a byte is a character. */
export class RawConnection {
  readonly socket: Socket;
  received = '';
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (this.received += chunk));
    socket.on('error', () => socket.destroy());
    socket.once('end', () => socket.destroy());
    socket.once('close', () => (this.isClosed = true));
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Resolves when the far end has closed. */
  async closed(): Promise<void> {
    await waitUntil(() => this.isClosed);
  }

  /** Resolves when this text has come, or with what came when the connection closed before. */
  async receives(text: string): Promise<string> {
    await waitUntil(() => this.received.includes(text) || this.isClosed);
    return this.received;
  }
}

/** Opens a connection to a loopback port; it ends with the test. */
export async function openRawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  return new RawConnection(socket);
}

/** The status codes of the HTTP/1.1 responses in these bytes, in order. */
export function statusesIn(received: string): readonly number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
