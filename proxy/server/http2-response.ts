/** CallerResponse over HTTP/2. Names are lower case there, and fields of one connection have no place (RFC 9113 §8.2). */
import { constants, type Http2ServerResponse, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { joinedFields } from '../upstream/joined-fields.ts';
import type { CallerResponse, ResponseHead } from './caller-response.ts';

export class Http2Response implements CallerResponse {
  readonly #stream: ServerHttp2Stream;
  /** node's own wrapper of the stream: it sends the trailers when the stream asks for them. */
  readonly #wrapper: Http2ServerResponse;
  readonly #expectsContinue: boolean;

  constructor(wrapper: Http2ServerResponse, options: { readonly expectsContinue: boolean }) {
    this.#stream = wrapper.stream;
    this.#wrapper = wrapper;
    this.#expectsContinue = options.expectsContinue;
  }

  get isHeadSent(): boolean {
    return this.#stream.headersSent;
  }

  get isClosed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  writeContinue(): void {
    if (this.#expectsContinue && !this.isClosed) this.#stream.additionalHeaders({ ':status': 100 });
  }

  writeInformational(status: number, headers: readonly string[]): void {
    if (!this.isClosed) this.#stream.additionalHeaders({ ...http2Headers(headers), ':status': status });
  }

  writeHead({ status, headers }: ResponseHead): void {
    if (this.isClosed) return;
    this.#stream.respond({ ...http2Headers(headers), ':status': status }, { waitForTrailers: true });
  }

  /** Nothing to do: `respond` sends the head at once. */
  flushHead(): void {}

  write(chunk: Uint8Array): boolean {
    return this.#stream.write(chunk);
  }

  onDrain(resume: () => void): void {
    this.#stream.once('drain', resume);
  }

  end(trailers: readonly string[], lastPiece?: Buffer): void {
    if (trailers.length > 0) this.#wrapper.addTrailers(joinedFields(trailers));
    this.#stream.end(lastPiece);
  }

  abort(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  onClose(closed: () => void): void {
    this.#stream.once('close', closed);
  }

  offClose(closed: () => void): void {
    this.#stream.off('close', closed);
  }
}

/** Fields by name; one that repeats becomes a list, which node sends as separate fields. */
function http2Headers(flat: readonly string[]): OutgoingHttpHeaders {
  const byName = new Map<string, string | string[]>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = (flat[index] ?? '').toLowerCase();
    const value = flat[index + 1] ?? '';
    const present = byName.get(name);
    if (present === undefined) byName.set(name, value);
    else if (typeof present === 'string') byName.set(name, [present, value]);
    else present.push(value);
  }
  return Object.fromEntries(byName);
}
