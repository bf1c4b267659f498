/**
 * The acknowledgements that follow the Hello on a stream's own request, one JSON line each. No more than one line is held, and
 * the first that is wrong, too long, too slow or too many ends the stream. The end of the body ends nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { maxAcknowledgementBytes, streamAcknowledgementSchema } from '#shared/push/push-message.ts';
import type { StreamAcknowledgement } from '#shared/push/push-channel.ts';
import { HeldBytes, type HeldBytesOptions } from '#shared/memory/held-bytes.ts';
import type { PodRates } from './pod-rates.ts';
import type { AcknowledgementFault, PushMetrics } from './push-metrics.ts';
import type { StreamHub } from './stream-hub.ts';

export interface TwoWayStream {
  /** Read up to the end of the Hello. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly podUid: string;
}

export interface StreamAcknowledgementsOptions {
  readonly hub: StreamHub;
  readonly rates: { readonly acknowledgements: PodRates };
  readonly bodies: Pick<HeldBytesOptions, 'budget'>;
  /** From the beginning of a line to its end. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly metrics: PushMetrics;
}

const lineFeed = 0x0a;

/** Reads until the stream or the body ends. */
export function readStreamAcknowledgements(stream: TwoWayStream, options: StreamAcknowledgementsOptions): void {
  const { request, response, id, podUid } = stream;
  const { hub, rates, bodies, requestTimeoutMs, clock, metrics } = options;
  const held = new HeldBytes({ maxBytes: maxAcknowledgementBytes, budget: bodies.budget });
  let timer: Timer | null = null;
  let isOver = false;
  request.on('data', takeChunk);
  request.once('end', takeRest);
  response.once('close', stop);
  request.resume();

  function takeChunk(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1 && !isOver; end = chunk.indexOf(lineFeed, start)) {
      takeLine(chunk.subarray(start, end));
      start = end + 1;
    }
    if (isOver || start === chunk.length || !hold(chunk.subarray(start))) return;
    timer ??= clock.after(requestTimeoutMs, () => breakOff('malformed-acknowledgement'));
  }

  function takeRest(): void {
    if (held.length > 0) takeLine(Buffer.alloc(0));
  }

  /** False: the stream has ended. */
  function hold(piece: Buffer): boolean {
    const outcome = held.add(piece);
    if (outcome !== 'held') breakOff(outcome === 'no-room' ? 'overloaded' : 'malformed-acknowledgement');
    return outcome === 'held';
  }

  function takeLine(piece: Buffer): void {
    timer?.cancel();
    timer = null;
    // Most come in one piece, which needs no room.
    const isWhole = held.length === 0 && piece.length <= maxAcknowledgementBytes;
    if (!isWhole && !hold(piece)) return;
    const line = isWhole ? piece : held.take();
    if (!rates.acknowledgements.take(podUid)) return breakOff('too-many-acknowledgements');
    const acknowledgement = acknowledgementFrom(line.toString('utf8'));
    if (acknowledgement === null) return breakOff('malformed-acknowledgement');
    const outcome = hub.acknowledge(podUid, { ...acknowledgement, stream: id });
    if (outcome !== 'unknown' && outcome !== 'foreign') metrics.acknowledged(outcome);
  }

  function breakOff(fault: AcknowledgementFault): void {
    stop();
    hub.breakOff(id, fault);
  }

  /** What still comes is thrown away. */
  function stop(): void {
    isOver = true;
    timer?.cancel();
    held.take();
    request.off('data', takeChunk);
    request.off('end', takeRest);
    request.resume();
  }
}

function acknowledgementFrom(line: string): StreamAcknowledgement | null {
  try {
    const result = z.safeParse(streamAcknowledgementSchema, JSON.parse(line));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
