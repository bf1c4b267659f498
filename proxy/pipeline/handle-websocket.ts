/** The request path of a WebSocket handshake: the same guards and the same routing, then a connection instead of an answer. */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { ConcurrencyLimiter } from '../policy/concurrency-limiter.ts';
import { UpgradeResponse } from '../server/upgrade-response.ts';
import { Exchange } from './exchange.ts';
import { admitInvocation, record } from './handle-request.ts';
import { prepareInvocation, takeSlot } from './invoke.ts';
import { passAppPipeline } from './pass-pipeline.ts';
import type { ProxyContext } from './proxy-context.ts';
import { rescue } from './rescue.ts';

export interface WebSocketHandshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Serves one handshake and the connection that follows. Never rejects. */
export async function handleWebSocket(handshake: WebSocketHandshake, context: ProxyContext): Promise<void> {
  const { request, socket, head } = handshake;
  const response = new UpgradeResponse(socket);
  const exchange = new Exchange({ request, response, startedAtMs: context.clock.monotonicMs() });
  let isAdmitted = false;
  response.onClose(() => {
    if (isAdmitted) context.admission.leave();
    record(exchange, context);
  });
  try {
    context.admission.enter();
    isAdmitted = true;
    if (!(await admitInvocation(exchange, context))) return;
    if (!(socket instanceof Socket)) throw new ProxyError('bad-request', 'WebSocket needs a connection of its own');
    const asked = prepareInvocation(exchange, context);
    const { upstream } = asked.route;
    const call = { kind: upstream.kind, label: upstream.label };
    upstream.pool.begin();
    let slot: ConcurrencyLimiter | null = null;
    try {
      const { app } = context.pipelines;
      const invocation =
        app === null ? asked : await passAppPipeline({ pipeline: app, exchange, context, isUpgrade: true }, asked);
      if (invocation === null) return;
      const { path, headers, target } = invocation;
      slot = await takeSlot(upstream.limiter, exchange);
      context.telemetry.callStarted(call);
      const { forwardWebSocket } = await import('../upstream/forward-websocket.ts');
      const result = await forwardWebSocket({
        exchange,
        request,
        socket,
        head,
        pool: upstream.pool,
        path,
        headers,
        clock: context.clock,
        responseHeaderTimeoutMs: context.settings.upstream.responseHeaderTimeoutMs,
        onOpen: () => {
          exchange.status = 101;
          response.markHeadSent();
        },
      });
      context.telemetry.callEnded({
        target: call,
        method: 'GET',
        path: target.path,
        status: result.status,
        roundtripMs: context.clock.monotonicMs() - exchange.startedAtMs,
        sentBytes: socket.bytesRead,
        receivedBytes: socket.bytesWritten,
        errorCode: result.error?.code ?? null,
      });
      if (result.error !== null) throw result.error;
    } finally {
      slot?.release();
      upstream.pool.end();
    }
  } catch (error) {
    rescue(error, exchange, context);
  }
}
