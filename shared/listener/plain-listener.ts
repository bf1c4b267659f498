/** A plain HTTP/1.1 server for probes and scrapes, who have no token: few connections, short headers, nobody who dawdles. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnPort } from './listen.ts';

export interface PlainListenerOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** Until a header is whole; 10 s by default. */
  readonly headerTimeoutMs?: number;
  /** Bodies are read and forgotten before. */
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

export interface PlainListener {
  readonly port: number;
  /** Ends what is being read, too. */
  close(): Promise<void>;
}

const idleTimeoutMs = 65_000;
const maxConnections = 64;

/** Resolves when it accepts connections. Rejects with an Error of one clear sentence when it cannot listen. */
export async function startPlainListener(options: PlainListenerOptions): Promise<PlainListener> {
  const { address, port, headerTimeoutMs = 10_000, serve } = options;
  const server = createServer(
    {
      headersTimeout: headerTimeoutMs,
      requestTimeout: headerTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(headerTimeoutMs, 1_000),
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      request.resume();
      void serve(request, response);
    },
  );
  server.maxConnections = maxConnections;
  return {
    port: await listenOnPort(server, address, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
