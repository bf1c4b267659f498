/** Serves /healthz, /readyz and /metrics over plain HTTP: to probes and Prometheus, who have no token. Nothing secret is told here. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startPlainListener, type PlainListener, type PlainListenerOptions } from '#shared/listener/plain-listener.ts';

export interface RenderedMetrics {
  readonly contentType: string;
  readonly body: string;
}

export interface TelemetryListenerOptions extends Pick<PlainListenerOptions, 'address' | 'port'> {
  /** What is missing before proxies can be served, a sentence each; empty: ready. */
  readonly missing: () => readonly string[];
  readonly renderMetrics: () => Promise<RenderedMetrics>;
}

const stalledReaderMs = 10_000;
/** Prometheus comes alone or as a pair; more at once are told to come again. */
const maxScrapes = 4;
/** Of what is missing: a probe's event shows a few lines. */
const maxSentences = 20;

/** Resolves when it accepts connections. Rejects with an Error of one clear sentence when it cannot listen. */
export function startTelemetryListener(options: TelemetryListenerOptions): Promise<PlainListener> {
  const { address, port, missing, renderMetrics } = options;
  let scrapes = 0;
  return startPlainListener({ address, port, serve });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
