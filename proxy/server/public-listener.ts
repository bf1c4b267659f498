/** The public port: health for probes from outside the pod, and metadata for those who hold the token. Nothing else. */
import { createServer, type IncomingMessage } from 'node:http';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { listenOnPort } from '#shared/listener/listen.ts';
import { healthzReply, outboundHealthzReply } from '../api/healthz.ts';
import { matchApi } from '../api/match-api.ts';
import { askedAppIdOf, liveState } from '../api/serve-api.ts';
import { Exchange } from '../pipeline/exchange.ts';
import type { ProxyContext } from '../pipeline/proxy-context.ts';
import { errorReply } from '../reply/error-reply.ts';
import type { Reply } from '../reply/reply.ts';
import { sendReply } from '../reply/send-reply.ts';
import { Http1Response } from './http1-response.ts';

export interface PublicListener {
  readonly port: number;
  close(): void;
}

const maxConnections = 256;
/** How often node looks for requests that are late; left alone, every half minute. */
const connectionsCheckMs = 1_000;

/** Opens the port. Rejects with one clear sentence. */
export async function startPublicListener(context: ProxyContext): Promise<PublicListener> {
  const { listen: addresses, limits } = context.settings;
  const server = createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headerTimeoutMs,
    requestTimeout: limits.headerTimeoutMs,
    connectionsCheckingInterval: connectionsCheckMs,
    keepAliveTimeout: limits.idleTimeoutMs,
  });
  server.maxConnections = maxConnections;
  server.on('request', (request, response) => {
    const startedAtMs = context.clock.monotonicMs();
    const exchange = new Exchange({ request, response: new Http1Response(response), startedAtMs });
    sendReply(exchange, replyTo(request, exchange, context), context.clock);
  });
  return {
    port: await listenOnPort(server, addresses.publicAddress, addresses.publicPort ?? 0),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function replyTo(request: IncomingMessage, exchange: Exchange, context: ProxyContext): Reply {
  const { readiness, metadata, settings } = context;
  switch (matchApi(request.method ?? '', exchange.path)) {
    case 'healthz':
      return healthzReply(readiness, { askedAppId: askedAppIdOf(exchange), appId: settings.appId });
    case 'healthz-outbound':
      return outboundHealthzReply(readiness);
    case 'metadata-get': {
      const holdsToken = settings.apiToken !== null && context.isTokenValid(exchange.header('dapr-api-token'));
      return holdsToken ? metadata.fullReply(liveState(context)) : metadata.publicReply();
    }
    default:
      return errorReply(new ProxyError('api-not-allowed', '404 page not found'), {
        target: '',
        daprErrorStatuses: false,
      });
  }
}
