/** CallerResponse on the bare socket of an Upgrade request, for the answers that refuse it. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CallerResponse, ResponseHead } from './caller-response.ts';

export class UpgradeResponse implements CallerResponse {
  readonly #socket: Duplex;
  #isHeadSent = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  get isHeadSent(): boolean {
    return this.#isHeadSent;
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded;
  }

  /** From here on the socket belongs to the WebSocket. */
  markHeadSent(): void {
    this.#isHeadSent = true;
  }

  writeContinue(): void {}

  writeInformational(): void {}

  writeHead({ status, reason, headers }: ResponseHead): void {
    this.#isHeadSent = true;
    const lines = [`HTTP/1.1 ${status} ${reason}`];
    for (let index = 0; index + 1 < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
    this.#socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  }

  flushHead(): void {}

  write(chunk: Uint8Array): boolean {
    return this.#socket.write(chunk);
  }

  onDrain(resume: () => void): void {
    this.#socket.once('drain', resume);
  }

  end(_trailers: readonly string[], lastPiece?: Buffer): void {
    if (lastPiece !== undefined) this.#socket.write(lastPiece);
    this.#socket.end(() => this.#socket.destroy());
  }

  /** A body without a length ends with the connection: only a reset tells that this one did not. */
  abort(): void {
    if (this.#socket instanceof Socket && this.#socket.remoteAddress !== undefined) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  onClose(closed: () => void): void {
    this.#socket.once('close', closed);
  }

  offClose(closed: () => void): void {
    this.#socket.off('close', closed);
  }
}
