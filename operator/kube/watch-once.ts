/** One watch from its request to its end. Every event is told as it comes; the end says why it is over. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import { LineReader } from './line-reader.ts';
import type { WatchEnd } from './list-watch-metrics.ts';
import type { ObjectQuery, ObjectSource } from './object-source.ts';
import { watchEventFrom, type WatchEvent } from './watch-event.ts';

export interface WatchOnceOptions {
  readonly source: Pick<ObjectSource, 'watch'>;
  readonly query: ObjectQuery;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly onEvent: (event: Exclude<WatchEvent, { readonly type: 'error' }>) => void;
  /** Whenever anything arrives. */
  readonly onContact: () => void;
  readonly signal: AbortSignal;
}

export interface EndedWatch {
  readonly end: WatchEnd;
  /** From the answer of the server; 0: there was none. */
  readonly livedMs: number;
  /** What failed; `null`: nothing did, or there is no more to say. */
  readonly error: LinkError | null;
}

/** Twice the largest object that an API server takes by default. */
const maxLineBytes = 4 * 1024 * 1024;
/** The server is given so much longer than it was asked for before we end the watch ourselves. */
const overtimeMs = 30_000;

/** Resolves when the watch is over. Throws only what is a bug. */
export async function watchOnce(options: WatchOnceOptions): Promise<EndedWatch> {
  const { source, query, resourceVersion, timeoutSeconds, clock, signal, onContact } = options;
  const closing = new AbortController();
  const watching = AbortSignal.any([signal, closing.signal]);
  let body: AsyncIterable<Uint8Array>;
  try {
    body = await source.watch(query, { resourceVersion, timeoutSeconds, signal: watching });
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    return { end: endFromStatus(error.status), livedMs: 0, error };
  }
  const startMs = clock.monotonicMs();
  const silence = watchSilence(options, () => closing.abort());
  const overtime = clock.after(timeoutSeconds * 1000 + overtimeMs, () => closing.abort());
  const lines = new LineReader(maxLineBytes);
  const ended = (end: WatchEnd, error: LinkError | null = null): EndedWatch => ({
    end,
    livedMs: Math.max(1, clock.monotonicMs() - startMs),
    error,
  });
  onContact();
  try {
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      const next = await nextChunk(chunks);
      if (next === 'cut') return ended(silence.isOver() ? 'silent' : closing.signal.aborted ? 'closed' : 'cut');
      if (next === 'over') return ended(lines.heldBytes > 0 ? 'cut' : 'closed');
      silence.heard();
      onContact();
      const stop = takeLines(lines.push(next), options);
      if (stop !== null) return ended(stop.end, stop.error);
    }
  } finally {
    silence.cancel();
    overtime.cancel();
    // Ends the connection when the watch is left before its end.
    closing.abort();
  }
}

type Stop = Pick<EndedWatch, 'end' | 'error'>;

/** `null`: go on. */
function takeLines(lines: ReturnType<LineReader['push']>, { onEvent, query }: WatchOnceOptions): Stop | null {
  for (const line of lines) {
    if (line.state === 'overlong') return { end: 'overlong', error: null };
    const event = watchEventFrom(line.text);
    if (event === null) return { end: 'unparsable', error: null };
    if (event.type === 'error') return { end: endFromStatus(event.code), error: errorFrom(event, query) };
    onEvent(event);
  }
  return null;
}

/** What the iterator throws is the connection's business; what our own code throws passes by here. */
async function nextChunk(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | 'over' | 'cut'> {
  try {
    const next = await chunks.next();
    return next.done === true ? 'over' : next.value;
  } catch {
    return 'cut';
  }
}

function errorFrom(event: Extract<WatchEvent, { readonly type: 'error' }>, { type }: ObjectQuery): LinkError {
  return new LinkError(`watch ${type.plural}: the API server ends it with ${event.code} (${event.reason})`, {
    kind: 'transient',
    status: event.code,
    retryAfterMs: event.retryAfterMs,
  });
}

function endFromStatus(status: number): WatchEnd {
  switch (status) {
    case 0:
      return 'unreachable';
    case 410:
      return 'expired';
    case 429:
      return 'throttled';
    default:
      return 'failed';
  }
}

interface Silence {
  heard(): void;
  isOver(): boolean;
  cancel(): void;
}

/** One timer for the whole watch: it looks how long ago the last byte came, and sleeps again for the rest. */
function watchSilence({ clock, silenceMs }: WatchOnceOptions, onOver: () => void): Silence {
  let lastMs = clock.monotonicMs();
  let isOver = false;
  const look = (): void => {
    const restMs = lastMs + silenceMs - clock.monotonicMs();
    if (restMs > 0) {
      timer = clock.after(restMs, look);
      return;
    }
    isOver = true;
    onOver();
  };
  let timer = clock.after(silenceMs, look);
  return {
    heard: () => {
      lastMs = clock.monotonicMs();
    },
    isOver: () => isOver,
    cancel: () => timer.cancel(),
  };
}
