/** Serves the metrics over plain HTTP, on any path, as Dapr does. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { startPlainListener, type PlainListener, type PlainListenerOptions } from '#shared/listener/plain-listener.ts';

/** What the listener needs of Metrics. */
export interface RenderedByChunks {
  readonly isEnabled: boolean;
  readonly contentType: string;
  chunks(): AsyncGenerator<string>;
}

export interface MetricsListenerOptions extends Omit<PlainListenerOptions, 'serve'> {
  readonly metrics: RenderedByChunks;
  /** How long a reader may take nothing. */
  readonly stalledReaderMs?: number;
}

/** Prometheus comes alone or as a pair; more at once wait their turn with 503. */
const maxScrapes = 4;

/** Resolves when it accepts connections. Rejects with an Error of one clear sentence when it cannot listen. */
export function startMetricsListener(options: MetricsListenerOptions): Promise<PlainListener> {
  const { metrics, stalledReaderMs = 10_000, ...listener } = options;
  let scrapes = 0;
  return startPlainListener({ ...listener, serve });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return refuse(response, 405, 'use GET or HEAD');
    }
    if (!metrics.isEnabled) return refuse(response, 404, 'metrics are switched off by the Configuration');
    if (scrapes >= maxScrapes) {
      response.setHeader('Retry-After', '1');
      return refuse(response, 503, 'too many scrapes at once');
    }
    response.setHeader('Content-Type', metrics.contentType);
    if (request.method === 'HEAD') return void response.end();
    scrapes += 1;
    response.setTimeout(stalledReaderMs, () => response.destroy());
    try {
      await pipeline(metrics.chunks(), response);
    } catch {
      response.destroy(); // the reader left, or stalled
    } finally {
      scrapes -= 1;
    }
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(`${sentence}\n`);
}
