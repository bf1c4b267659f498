/** CallerResponse over HTTP/1.1 and HTTP/1.0. */
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { fieldPairs } from '../upstream/field-pairs.ts';
import type { CallerResponse, ResponseHead } from './caller-response.ts';

const maxJoinedBytes = 16 * 1024;

export class Http1Response implements CallerResponse {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get isHeadSent(): boolean {
    return this.#response.headersSent;
  }

  get isClosed(): boolean {
    return this.#response.destroyed || this.#response.writableFinished;
  }

  writeContinue(): void {
    if (this.#response.req.headers.expect?.toLowerCase() === '100-continue') this.#response.writeContinue();
  }

  writeInformational(status: number, headers: readonly string[]): void {
    // RFC 9110 §15.2: never to an HTTP/1.0 caller.
    if (this.#response.req.httpVersionMinor === 0) return;
    this.#response.writeInformation(status, [...headers]);
  }

  writeHead({ status, reason, headers, isLast = false }: ResponseHead): void {
    if (isLast) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, reason, headers);
  }

  flushHead(): void {
    this.#response.flushHeaders();
  }

  write(chunk: Uint8Array): boolean {
    return this.#response.write(chunk);
  }

  onDrain(resume: () => void): void {
    this.#response.once('drain', resume);
  }

  end(trailers: readonly string[], lastPiece?: Buffer): void {
    if (trailers.length > 0 && this.#response.chunkedEncoding) this.#response.addTrailers(fieldPairs(trailers));
    if (lastPiece === undefined) this.#response.end();
    // node joins the head with a string, but not with bytes; latin1 keeps every byte.
    else if (lastPiece.length <= maxJoinedBytes) this.#response.end(lastPiece.toString('latin1'), 'latin1');
    else this.#response.end(lastPiece);
  }

  abort(): void {
    const { socket } = this.#response;
    // Those before it are not out yet, and are not to be cut with it.
    if (socket === null) return void this.#response.once('socket', () => this.abort());
    if (!(socket instanceof Socket)) return;
    // A body that ends with the connection (HTTP/1.0) looks whole after a plain close; only a reset tells.
    if (this.#response.req.httpVersionMinor === 0 && socket.remoteAddress !== undefined) socket.resetAndDestroy();
    else socket.destroy();
  }

  onClose(closed: () => void): void {
    this.#response.once('close', closed);
  }

  offClose(closed: () => void): void {
    this.#response.off('close', closed);
  }
}
