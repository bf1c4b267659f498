/** Every bound of the webhooks' server, in one place. Nobody authenticates here, so they hold for whoever reaches the port. */

export interface AdmissionLimits {
  /** Open connections; when there are more, the address that has the most loses its oldest. */
  readonly maxConnections: number;
  /** Of one review. The API server takes objects of 3 MiB at most, and sends two of them when one is changed. */
  readonly maxBodyBytes: number;
  /** Being read, of all reviews together; no address takes more than half. */
  readonly maxBodyBytesInAll: number;
  readonly handshakeTimeoutMs: number;
  readonly headerTimeoutMs: number;
  /** From the header of a request to the end of its body. The API server itself waits for 30 s at most. */
  readonly requestTimeoutMs: number;
  /** Longer than the API server keeps a connection that it does not use (90 s), so that no request meets its end. */
  readonly keepAliveMs: number;
  /** A connection that is silent for so long is probed. */
  readonly probeAfterMs: number;
  /** At a shutdown: how long the API server may take to hear of it. */
  readonly leaveMs: number;
}

/** What the operator runs with. */
export const defaultAdmissionLimits: AdmissionLimits = {
  maxConnections: 512,
  maxBodyBytes: 8 * 1024 * 1024,
  maxBodyBytesInAll: 32 * 1024 * 1024,
  handshakeTimeoutMs: 10_000,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 120_000,
  probeAfterMs: 15_000,
  leaveMs: 5_000,
};
