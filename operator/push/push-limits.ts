/** Every bound of the push server, in one place. */

export interface PushLimits {
  /** Open streams in all. */
  readonly maxStreams: number;
  /** Of one pod: two, so that a proxy can open the next before the last has ended. */
  readonly maxStreamsPerPod: number;
  /** Authenticated connections of one pod, streams included. */
  readonly maxConnectionsPerPod: number;
  /** Connections on which nobody has authenticated yet. */
  readonly maxStrangers: number;
  /** Of one request. */
  readonly maxBodyBytes: number;
  /** Being read, of all requests together. */
  readonly maxBodyBytesInAll: number;
  /** Requests whose token is being looked at. */
  readonly maxAuthentications: number;
  /** A stream is written in pieces of at most this size, or of one line, one at a time. */
  readonly pieceBytes: number;
  /** Of silence, until a PING. */
  readonly pingAfterMs: number;
  /** A stream whose reader takes nothing for so long is closed. */
  readonly stalledAfterMs: number;
  /** Before a token ends, its stream is told so long ahead (at most a quarter of its time). */
  readonly expiryNoticeMs: number;
  /** An ended stream whose last bytes do not leave is destroyed after this. */
  readonly lingerMs: number;
  readonly handshakeTimeoutMs: number;
  /** From the first byte of a request to the end of its header. */
  readonly headerTimeoutMs: number;
  /** From the header of a request to the end of its body, or of the Hello that opens a stream; of each line after it. */
  readonly requestTimeoutMs: number;
  /** A connection without a request is kept so long. */
  readonly keepAliveMs: number;
  /** Visiting streams after a publication pauses for other work after so long. */
  readonly sliceMs: number;
}

/** What the operator runs with. */
export const defaultPushLimits: PushLimits = {
  maxStreams: 10_000,
  maxStreamsPerPod: 2,
  maxConnectionsPerPod: 8,
  maxStrangers: 2_048,
  maxBodyBytes: 2 * 1024 * 1024,
  maxBodyBytesInAll: 64 * 1024 * 1024,
  maxAuthentications: 4_096,
  // With what frames it, it fits into one TLS record and one buffer of Node's, which each connection keeps.
  pieceBytes: 16_000,
  pingAfterMs: 15_000,
  stalledAfterMs: 30_000,
  expiryNoticeMs: 60_000,
  lingerMs: 2_000,
  handshakeTimeoutMs: 10_000,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 30_000,
  sliceMs: 5,
};
