/** The request path of a WebSocket handshake: the same guards and the same routing, then a connection instead of an answer. */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { TimeoutPolicy } from '#shared/table/resilience.ts';
import type { ConcurrencyLimiter } from '../policy/concurrency-limiter.ts';
import { slowAnswer } from '../resilience/time-limit.ts';
import { TryVerdict } from '../resilience/try-verdict.ts';
import { UpgradeResponse } from '../server/upgrade-response.ts';
import type { CallTarget } from '../telemetry/telemetry.ts';
import type { HeadDeadline } from '../upstream/answer-handler.ts';
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
    upstream.pool.begin();
    let slot: ConcurrencyLimiter | null = null;
    try {
      const { app } = context.pipelines;
      const invocation =
        app === null ? asked : await passAppPipeline({ pipeline: app, exchange, context, isUpgrade: true }, asked);
      if (invocation === null) return;
      const { path, headers, target } = invocation;
      const resilience = context.guards.forCall(invocation.route, target.name);
      slot = await takeSlot(upstream.limiter, exchange);
      const verdict = new TryVerdict(resilience?.breaker?.admit() ?? null, context.clock);
      context.telemetry.callStarted(upstream.target);
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
        deadline: deadlineOf(resilience?.policies.timeout ?? null, upstream.target, context),
        onOpen: () => {
          verdict.answered(101);
          exchange.status = 101;
          response.markHeadSent();
        },
      });
      if (result.status !== 0) verdict.answered(result.status);
      verdict.ended(result);
      context.telemetry.callEnded({
        target: upstream.target,
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

/** The shorter one of the policy's limit and that of all calls. */
function deadlineOf(
  timeout: TimeoutPolicy | null,
  target: CallTarget,
  { settings, telemetry }: ProxyContext,
): HeadDeadline | null {
  const { responseHeaderTimeoutMs } = settings.upstream;
  if (timeout !== null && (responseHeaderTimeoutMs === 0 || timeout.timeoutMs < responseHeaderTimeoutMs)) {
    return {
      afterMs: timeout.timeoutMs,
      error: () => {
        telemetry.policyActivated({ target, part: 'timeout', policy: timeout, status: '' });
        return slowAnswer(timeout);
      },
    };
  }
  if (responseHeaderTimeoutMs === 0) return null;
  return {
    afterMs: responseHeaderTimeoutMs,
    error: () => new ProxyError('upstream-timeout', 'timed out waiting for the response headers'),
  };
}
