/** The caller's side of an exchange, the same for HTTP/1.1 and HTTP/2. Headers go out as they are given. */

export interface ResponseHead {
  readonly status: number;
  /** HTTP/1.1 only. */
  readonly reason: string;
  /** Names and values in turn. */
  readonly headers: string[];
  /** HTTP/1.1 only: the connection ends with this answer, and says so. */
  readonly isLast?: boolean;
}

export interface CallerResponse {
  /** Whether the final status is on its way: too late for another answer. */
  readonly isHeadSent: boolean;
  /** Whether the caller is gone or the response is complete. */
  readonly isClosed: boolean;
  writeContinue(): void;
  /** 102, 103 and the like; nothing where the protocol version has none. */
  writeInformational(status: number, headers: readonly string[]): void;
  /** Queues the head; it leaves with the first piece of the body, or by `flushHead`. */
  writeHead(head: ResponseHead): void;
  flushHead(): void;
  /** False when the caller reads more slowly than this is written: wait for `onDrain`. */
  write(chunk: Uint8Array): boolean;
  onDrain(resume: () => void): void;
  /** `lastPiece` leaves together with what is queued: for a small body that is one write instead of two. */
  end(trailers: readonly string[], lastPiece?: Buffer): void;
  /** Cuts the connection (HTTP/2: the stream), so that a partial body never looks whole. */
  abort(): void;
  /** Called once: the response is out, or the caller has left. */
  onClose(closed: () => void): void;
  /** Takes that back. */
  offClose(closed: () => void): void;
}
