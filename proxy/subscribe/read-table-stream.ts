/** Reads one stream of the push channel to its end, and finds out when it has gone silent. */
import type { IncomingMessage } from 'node:http';
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { maxMessageLength, parsePushMessage } from '#shared/push/push-message.ts';
import { LineSplitter } from './line-splitter.ts';
import type { TableMessage } from './table-draft.ts';

export type StreamEnd =
  /** The other side, or the network. `error` is null when the stream ended in order. */
  | { readonly kind: 'closed'; readonly error: Error | null }
  | { readonly kind: 'silent' }
  /** The time has come that a DRAIN named. */
  | { readonly kind: 'drained' }
  | { readonly kind: 'out-of-step' }
  | { readonly kind: 'stopped' };

/** Takes what concerns the table. */
export interface TableReceiver {
  /** Returns false when the stream is of no use any more. `bytes`: length of the message. */
  take(message: TableMessage, bytes: number): boolean;
  /** A message was lost; the sentence says how. */
  spoil(reason: string): void;
}

export interface ReadTableStreamOptions {
  readonly receiver: TableReceiver;
  readonly clock: Clock;
  /** Called for everything that arrives. */
  readonly onHeard: () => void;
  /** A DRAIN came: the stream is to be left after this many milliseconds. */
  readonly onDrain: (reconnectAfterMs: number) => void;
  readonly signal: AbortSignal;
}

/** The control plane says something every 15 s. */
const longestSilenceMs = 45_000;

/** Resolves when the stream is over; out of step, whoever called closes it. Rejects only for a bug. */
export function readTableStream(response: IncomingMessage, options: ReadTableStreamOptions): Promise<StreamEnd> {
  const { receiver, clock, onHeard, onDrain, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<StreamEnd>();
  let heardAtMs = clock.monotonicMs();
  let silence = clock.after(longestSilenceMs, lookForSilence);
  let drain: Timer | null = null;
  let isOver = false;

  const lines = new LineSplitter({
    maxLineBytes: maxMessageLength,
    onLine: (line, bytes) => {
      if (!isOver) takeLine(line, bytes);
    },
    onOverlongLine: () => receiver.spoil(`a message is longer than ${maxMessageLength} bytes`),
  });
  response.on('data', (chunk: Buffer) => {
    heardAtMs = clock.monotonicMs();
    onHeard();
    try {
      lines.push(chunk);
    } catch (error) {
      reject(error);
      finish({ kind: 'stopped' });
    }
  });
  response.once('end', () => finish({ kind: 'closed', error: null }));
  response.once('error', (error) => finish({ kind: 'closed', error }));
  response.once('close', () => finish({ kind: 'closed', error: null }));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return promise;

  function takeLine(line: string, bytes: number): void {
    const message = parsed(line, receiver);
    switch (message?.type) {
      case 'UPSERT':
      case 'DELETE':
      case 'SYNCED':
        if (!receiver.take(message, bytes)) finish({ kind: 'out-of-step' });
        break;
      case 'DRAIN':
        if (drain !== null) break;
        onDrain(message.reconnectAfterMs);
        drain = clock.after(message.reconnectAfterMs, () => finish({ kind: 'drained' }));
        break;
      case 'PING':
      case 'UNKNOWN':
      case undefined:
        break;
    }
  }

  function lookForSilence(): void {
    const leftMs = heardAtMs + longestSilenceMs - clock.monotonicMs();
    if (leftMs <= 0) finish({ kind: 'silent' });
    else silence = clock.after(leftMs, lookForSilence);
  }

  function stop(): void {
    finish({ kind: 'stopped' });
  }

  function finish(end: StreamEnd): void {
    if (isOver) return;
    isOver = true;
    silence.cancel();
    drain?.cancel();
    signal.removeEventListener('abort', stop);
    response.on('error', () => undefined);
    // Out of step, the last word to the other side is still on its way.
    if (end.kind !== 'out-of-step') response.destroy();
    resolve(end);
  }
}

function parsed(line: string, receiver: TableReceiver): ReturnType<typeof parsePushMessage> | null {
  try {
    return parsePushMessage(line);
  } catch (error) {
    receiver.spoil(error instanceof Error ? error.message : 'a message cannot be read');
    return null;
  }
}
