/** Serves the metrics over plain HTTP, on any path, as Dapr does. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { listen } from '../server/listen.ts';

/** What the listener needs of Metrics. */
export interface RenderedByChunks {
  readonly isEnabled: boolean;
  readonly contentType: string;
  chunks(): AsyncGenerator<string>;
}

export interface MetricsListenerOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: RenderedByChunks;
  readonly headerTimeoutMs?: number;
  /** How long a reader may take nothing. */
  readonly stalledReaderMs?: number;
}

export interface MetricsListener {
  readonly port: number;
  /** Ends what is being read, too. */
  close(): Promise<void>;
}

const idleTimeoutMs = 65_000;
const maxConnections = 64;
/** Prometheus comes alone or as a pair; more at once wait their turn with 503. */
const maxScrapes = 4;

/** Resolves when it accepts connections. Rejects with an Error of one clear sentence when it cannot listen. */
export async function startMetricsListener(options: MetricsListenerOptions): Promise<MetricsListener> {
  const { address, port, metrics, headerTimeoutMs = 10_000, stalledReaderMs = 10_000 } = options;
  let scrapes = 0;
  const server = createServer(
    {
      headersTimeout: headerTimeoutMs,
      requestTimeout: headerTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(headerTimeoutMs, 1_000),
      maxHeaderSize: 8_192,
    },
    (request, response) => void serve(request, response),
  );
  server.maxConnections = maxConnections;
  await listen(server, { kind: 'tcp', host: address, port });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
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
