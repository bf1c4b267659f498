/** One request to an upstream, ready to be sent over whichever HTTP version it speaks. */
import type { Readable } from 'node:stream';

export interface UpstreamRequest {
  readonly method: string;
  /** In origin form. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  /** An UpstreamBody can begin anew when its connection turns out to be dead. */
  readonly body: Readable | null;
  /** Null where none can come: without a body. */
  readonly trailers: RequestTrailers | null;
}

/** Fields after the body. */
export interface RequestTrailers {
  /** The caller's Trailer header, `''` without one. Only HTTP/2 carries trailers that were not announced. */
  readonly announced: string;
  /** Names and values in turn; complete when the body has ended. */
  readonly fields: () => readonly string[];
}
