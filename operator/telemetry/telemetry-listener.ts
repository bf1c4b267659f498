/** Serves /healthz, /readyz and /metrics over plain HTTP: to probes and Prometheus, who have no token. Nothing secret is told here. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface RenderedMetrics {
  readonly contentType: string;
  readonly body: string;
}

export interface TelemetryListenerOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** What is missing before proxies can be served, a sentence each; empty: ready. */
  readonly missing: () => readonly string[];
  readonly renderMetrics: () => Promise<RenderedMetrics>;
}

export interface TelemetryListener {
  readonly port: number;
  /** Ends what is being read, too. */
  close(): Promise<void>;
}

const headerTimeoutMs = 10_000;
const stalledReaderMs = 10_000;
const idleTimeoutMs = 65_000;
const maxConnections = 64;
/** Prometheus comes alone or as a pair; more at once are told to come again. */
const maxScrapes = 4;
/** Of what is missing: a probe's event shows a few lines. */
const maxSentences = 20;

/** Resolves when it accepts connections. Rejects with an Error of one clear sentence when it cannot listen. */
export async function startTelemetryListener(options: TelemetryListenerOptions): Promise<TelemetryListener> {
  const { address, port, missing, renderMetrics } = options;
  let scrapes = 0;
  const server = createServer(
    {
      headersTimeout: headerTimeoutMs,
      requestTimeout: headerTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 8_192,
    },
    (request, response) => void serve(request, response),
  );
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${address}:${port}`;
      reject(
        new Error(`cannot listen on ${where} for metrics: ${error.code ?? error.message}; choose another port`, {
          cause: error,
        }),
      );
    });
    server.listen(port, address, resolve);
  });
  server.on('error', (error) => process.emitWarning(error));
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
    response.setTimeout(stalledReaderMs, () => response.destroy());
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return answer(response, 405, 'use GET or HEAD\n');
    }
    const [path] = (request.url ?? '').split('?', 1);
    switch (path) {
      case '/healthz':
        return answer(response, 200, 'ok\n');
      case '/readyz':
        return answerReadiness(response);
      case '/metrics':
        return answerMetrics(response);
      default:
        return answer(response, 404, 'there are /healthz, /readyz and /metrics\n');
    }
  }

  function answerReadiness(response: ServerResponse): void {
    const sentences = missing();
    if (sentences.length === 0) return answer(response, 200, 'ready\n');
    const shown = sentences.slice(0, maxSentences).map((sentence) => `not ready: ${sentence}\n`);
    answer(response, 503, shown.join(''));
  }

  async function answerMetrics(response: ServerResponse): Promise<void> {
    if (scrapes >= maxScrapes) {
      response.setHeader('Retry-After', '1');
      return answer(response, 503, 'too many scrapes at once\n');
    }
    scrapes += 1;
    response.once('close', () => {
      scrapes -= 1;
    });
    try {
      const { contentType, body } = await renderMetrics();
      response.writeHead(200, { 'Content-Type': contentType });
      response.end(body);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
      answer(response, 500, 'the metrics could not be read\n');
    }
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(body);
}
