/** What the push server tells about itself. Every value is from a closed set, so labels cannot grow. */
import type { RefusalCode } from '../listener/refusal.ts';
import type { ConnectionFault } from '../listener/tls-listener.ts';

/** Why the acknowledgements on a stream end it. `overloaded`: there is no room for one that comes in pieces. */
export type AcknowledgementFault = 'malformed-acknowledgement' | 'too-many-acknowledgements' | 'overloaded';

/** Why a stream ended. `left`: the proxy closed it, or the network did. */
export type StreamEnd =
  | 'left'
  | 'stalled'
  | 'expired'
  | 'identity-ended'
  | 'replaced'
  | 'drained'
  | AcknowledgementFault;

/** Called on the hot path: implementations only count. */
export interface PushMetrics {
  streamOpened(): void;
  streamEnded(reason: StreamEnd): void;
  bytesSent(bytes: number): void;
  /** A complete table (SYNCED) was written to one stream, with so many endpoints that came, changed or went. */
  tableSent(changes: number): void;
  acknowledged(outcome: 'applied' | 'refused' | 'outdated' | 'stray'): void;
  /** A request was answered with an error. */
  requestRefused(code: RefusalCode): void;
  connectionRefused(reason: ConnectionFault): void;
}

/** Counts nothing. */
export const noPushMetrics: PushMetrics = {
  streamOpened: () => undefined,
  streamEnded: () => undefined,
  bytesSent: () => undefined,
  tableSent: () => undefined,
  acknowledged: () => undefined,
  requestRefused: () => undefined,
  connectionRefused: () => undefined,
};
