/** An invocation, top to bottom: target, route, limits, headers, call, answer. */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { ConcurrencyLimiter } from '../policy/concurrency-limiter.ts';
import type { CallResilience } from '../resilience/call-resilience.ts';
import type { GuardedCall } from '../resilience/run-tries.ts';
import { discardBody, stopReading } from '../server/discard-body.ts';
import { checkPath } from '../target/check-path.ts';
import { parseTarget, type Target } from '../target/parse-target.ts';
import type { Route } from '../target/router.ts';
import type { AnswerGate, CallResult } from '../upstream/answer-handler.ts';
import { forward } from '../upstream/forward.ts';
import { isIdempotent } from '../upstream/is-idempotent.ts';
import { joinPath } from '../upstream/join-path.ts';
import type { RequestBody } from '../upstream/request-body.ts';
import { requestHeaders } from '../upstream/request-headers.ts';
import type { UpstreamBody } from '../upstream/upstream-body.ts';
import type { Exchange } from './exchange.ts';
import { passAppPipeline } from './pass-pipeline.ts';
import { openBody } from './passing-body.ts';
import type { ProxyContext } from './proxy-context.ts';

/** Where a call goes and with which headers: all that is decided before anything is sent. */
export interface Invocation {
  readonly target: Target;
  readonly route: Route;
  /** In origin form. */
  readonly path: string;
  readonly headers: string[];
}

/** Serves one invocation. Throws ProxyError, also when the answer has begun already. */
export async function invoke(exchange: Exchange, context: ProxyContext): Promise<void> {
  const asked = prepareInvocation(exchange, context);
  checkDeclaredLength(exchange, context);
  const { pool } = asked.route.upstream;
  // Before the first wait: a call that waits keeps the connections that it was meant for.
  pool.begin();
  const { response } = exchange;
  try {
    const passing = passedInvocation(asked, exchange, context);
    const invocation = passing instanceof Promise ? await passing : passing;
    if (invocation === null) return;
    const resilience = context.guards.forCall(invocation.route, invocation.target.name);
    const result =
      resilience === null
        ? await callOnce(invocation, exchange, context)
        : await callGuarded(invocation, { exchange, context, resilience });
    if (result.error !== null) throw result.error;
    await readRest(exchange, context);
  } finally {
    // What appHttpPipeline makes of an upstream's answers is not for those of the proxy itself.
    exchange.response = response;
    pool.end();
  }
}

function passedInvocation(
  invocation: Invocation,
  exchange: Exchange,
  context: ProxyContext,
): Invocation | null | Promise<Invocation | null> {
  const { app } = context.pipelines;
  return app === null
    ? invocation
    : passAppPipeline({ pipeline: app, exchange, context, isUpgrade: false }, invocation);
}

/** Decides everything. Nothing has been read or sent yet. Throws ProxyError. */
export function prepareInvocation(exchange: Exchange, context: ProxyContext): Invocation {
  const { request } = exchange;
  if (request.method === 'CONNECT') throw new ProxyError('method-not-implemented', 'CONNECT is not served');
  const appId = exchange.header('dapr-app-id');
  const target = parseTarget(exchange.url, { appId, authorization: exchange.header('authorization') });
  exchange.target = target.name;
  const path = checkPath(target.path);
  const route = context.router.resolve(target.name);
  exchange.callTarget = route.upstream.target;
  if (route.upstream.target.kind === 'app' && context.appHealth?.isHealthy === false) {
    throw new ProxyError('app-unhealthy', 'app is not in a healthy state');
  }
  const rules = route.upstream.headerRules;
  const headers = requestHeaders(
    {
      rawHeaders: exchange.rawHeaders,
      connection: exchange.header('connection'),
      fromAuthorization: target.fromAuthorization,
    },
    { set: rules.set, authorization: route.authorization ?? rules.authorization },
  );
  return { target, route, path: joinPath(route.base, { path, search: target.search }), headers };
}

/** A body that says it is too large is refused before a byte of it is sent. */
function checkDeclaredLength(exchange: Exchange, { settings }: ProxyContext): void {
  const { maxBodyBytes } = settings.limits;
  const declared = exchange.request.headers['content-length'];
  if (maxBodyBytes > 0 && declared !== undefined && Number(declared) > maxBodyBytes) {
    throw new ProxyError('body-too-large', `the request body is larger than ${maxBodyBytes} bytes`);
  }
}

/** Waits for a slot of the limiter, which is owed a `release`. Throws ProxyError `overloaded`. */
export async function takeSlot(limiter: ConcurrencyLimiter, exchange: Exchange): Promise<ConcurrencyLimiter> {
  await limiter.acquire(exchange.departure);
  return limiter;
}

/** A call without policies. */
function callOnce(invocation: Invocation, exchange: Exchange, context: ProxyContext): Promise<CallResult> {
  const parts = { exchange, context, body: bodyOf(exchange, context), gate: null };
  const { isUnlimited } = invocation.route.upstream.limiter;
  return isUnlimited ? callUpstream(invocation, parts) : callInSlot(invocation, parts);
}

async function callInSlot(invocation: Invocation, parts: CallParts): Promise<CallResult> {
  const slot = await takeSlot(invocation.route.upstream.limiter, parts.exchange);
  try {
    return await callUpstream(invocation, parts);
  } finally {
    slot.release();
  }
}

interface GuardedParts {
  readonly exchange: Exchange;
  readonly context: ProxyContext;
  readonly resilience: CallResilience;
}

/** Null until the first call that has policies: an import costs each call some microseconds, also of what is there. */
let tryAll: ((call: GuardedCall) => Promise<CallResult>) | null = null;

/** As many calls as its policies make of it, one after the other. */
function callGuarded(invocation: Invocation, parts: GuardedParts): Promise<CallResult> {
  if (tryAll === null) {
    return import('../resilience/run-tries.ts').then(({ runTries }) => {
      tryAll = runTries;
      return callGuarded(invocation, parts);
    });
  }
  const { exchange, context, resilience } = parts;
  const { target, limiter } = invocation.route.upstream;
  const method = exchange.request.method ?? '';
  return tryAll({
    resilience,
    exchange,
    context,
    target,
    limiter,
    request: { method, isIdempotent: isIdempotent(method, invocation.headers) },
    body: bodyOf(exchange, context),
    send: (body, gate) => callUpstream(invocation, { exchange, context, body, gate }),
  });
}

function bodyOf(exchange: Exchange, context: ProxyContext): RequestBody | null {
  const body = exchange.hasBody ? openBody(exchange, context) : null;
  exchange.body = body;
  return body;
}

interface CallParts {
  readonly exchange: Exchange;
  readonly context: ProxyContext;
  readonly body: UpstreamBody | null;
  /** Null without policies. */
  readonly gate: AnswerGate | null;
}

/** One call to the upstream, and its record. */
async function callUpstream(
  { route, target, path, headers }: Invocation,
  { exchange, context, body, gate }: CallParts,
): Promise<CallResult> {
  const { pool } = route.upstream;
  context.telemetry.callStarted(route.upstream.target);
  const result = await forward({ exchange, pool, path, headers, body, gate, clock: context.clock });
  context.telemetry.callEnded({
    target: route.upstream.target,
    method: exchange.request.method ?? '',
    path: target.path,
    status: result.status,
    roundtripMs: result.roundtripMs,
    sentBytes: body?.receivedBytes ?? 0,
    receivedBytes: result.receivedBytes,
    errorCode: result.error?.code ?? null,
  });
  return result;
}

/** An upstream may answer before it has the whole request; the connection is then of no use until the rest is read. */
function readRest(exchange: Exchange, { clock }: ProxyContext): Promise<void> | null {
  const { request, hasBody } = exchange;
  if (!hasBody || request.complete) return null;
  return new Promise((resolve) => {
    discardBody(request, clock, (isComplete) => {
      if (!isComplete) stopReading(exchange);
      resolve();
    });
  });
}
