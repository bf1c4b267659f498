/** An answer whose body a middleware changes on its way to the caller. Without a body, or with one that is no plain text, it passes as it is. */
import type { BodyMap } from '../middleware/middleware.ts';
import type { Reply } from '../reply/reply.ts';
import type { CallerResponse, ResponseHead } from '../server/caller-response.ts';

/** 204 has no body; 206 has a part, which a map must not take for a whole. */
const unmappedStatuses: ReadonlySet<number> = new Set([204, 206]);

export class MappedResponse implements CallerResponse {
  readonly #response: CallerResponse;
  readonly #method: string;
  /** Null once it is known that nothing is changed. */
  #map: BodyMap | null;

  constructor(response: CallerResponse, { map, method }: { readonly map: BodyMap; readonly method: string }) {
    this.#response = response;
    this.#map = map;
    this.#method = method;
  }

  /** A reply of the proxy's own as the caller is to get it, and where it goes: it is here as a whole, so it keeps a length. */
  mapped(reply: Reply): { readonly reply: Reply; readonly response: CallerResponse } {
    const map = unmappedStatuses.has(reply.status) || isEncoded(reply.headers) ? null : this.#map;
    const changed = map === null ? reply : { ...reply, body: wholeOf(map, Buffer.from(reply.body)).toString() };
    const response = this.#response;
    return response instanceof MappedResponse ? response.mapped(changed) : { reply: changed, response };
  }

  get isHeadSent(): boolean {
    return this.#response.isHeadSent;
  }

  get isClosed(): boolean {
    return this.#response.isClosed;
  }

  writeContinue(): void {
    this.#response.writeContinue();
  }

  writeInformational(status: number, headers: readonly string[]): void {
    this.#response.writeInformational(status, headers);
  }

  writeHead(head: ResponseHead): void {
    const isLeftAlone = unmappedStatuses.has(head.status) || isEncoded(head.headers);
    // These tell the length of what GET would bring (RFC 9110 §8.6), and it is not known here.
    const isWithoutBody = this.#method === 'HEAD' || head.status === 304;
    if (isLeftAlone || isWithoutBody) this.#map = null;
    this.#response.writeHead(isLeftAlone ? head : { ...head, headers: withoutLength(head.headers) });
  }

  flushHead(): void {
    this.#response.flushHead();
  }

  write(chunk: Uint8Array): boolean {
    const piece = this.#map === null ? chunk : this.#map.piece(chunk);
    return piece.length === 0 || this.#response.write(piece);
  }

  onDrain(resume: () => void): void {
    this.#response.onDrain(resume);
  }

  end(trailers: readonly string[], lastPiece?: Buffer): void {
    if (this.#map === null) return this.#response.end(trailers, lastPiece);
    const rest = lastPiece === undefined ? this.#map.end() : wholeOf(this.#map, lastPiece);
    this.#response.end(trailers, rest.length === 0 ? undefined : Buffer.from(rest));
  }

  abort(): void {
    this.#response.abort();
  }

  onClose(closed: () => void): void {
    this.#response.onClose(closed);
  }

  offClose(closed: () => void): void {
    this.#response.offClose(closed);
  }
}

function wholeOf(map: BodyMap, bytes: Buffer): Buffer {
  return Buffer.concat([map.piece(bytes), map.end()]);
}

function isEncoded(headers: readonly string[]): boolean {
  return headers.some(
    (name, index) =>
      index % 2 === 0 && name.toLowerCase() === 'content-encoding' && headers[index + 1]?.toLowerCase() !== 'identity',
  );
}

function withoutLength(headers: readonly string[]): string[] {
  return headers.filter((_, index) => headers[index - (index % 2)]?.toLowerCase() !== 'content-length');
}
