/** The request path, top to bottom: a caller's request comes in, one answer goes out, one record is kept. */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { isApiAllowed } from '../policy/api-access.ts';
import { decideCors } from '../policy/cors.ts';
import { matchApi, type ApiName } from '../api/match-api.ts';
import { serveApi } from '../api/serve-api.ts';
import { emptyReply } from '../reply/reply.ts';
import { sendReply } from '../reply/send-reply.ts';
import { hasTargetHeader } from '../target/parse-target.ts';
import type { Exchange } from './exchange.ts';
import { invoke } from './invoke.ts';
import { passHttpPipeline } from './pass-pipeline.ts';
import type { ProxyContext } from './proxy-context.ts';
import { rescue } from './rescue.ts';

/** Serves one request. Never rejects: every failure ends in `rescue`. */
export async function handleRequest(exchange: Exchange, context: ProxyContext): Promise<void> {
  let isAdmitted = false;
  // Until the last byte is out: a slow reader is in flight too, and a shutdown must not cut it.
  exchange.response.onClose(() => {
    if (isAdmitted) context.admission.leave();
    record(exchange, context);
  });
  try {
    context.admission.enter();
    isAdmitted = true;
    if (answerPreflight(exchange, context)) return;
    let api = apiOf(exchange);
    checkToken(exchange, api, context);
    if (context.pipelines.http !== null && !isHealth(api)) {
      const passing = passHttpPipeline({ pipeline: context.pipelines.http, exchange, context, isUpgrade: false });
      if (!(passing instanceof Promise ? await passing : passing)) return;
      api = apiOf(exchange);
    }
    checkApiAccess(api, context);
    if (api === 'invoke') await invoke(exchange, context);
    else await serveApi(api, exchange, context);
  } catch (error) {
    rescue(error, exchange, context);
  }
}

/** The guards of an invocation that comes in another form than a plain request. False: middleware has answered it. Throws ProxyError. */
export async function admitInvocation(exchange: Exchange, context: ProxyContext): Promise<boolean> {
  checkToken(exchange, 'invoke', context);
  const { http } = context.pipelines;
  if (http !== null && !(await passHttpPipeline({ pipeline: http, exchange, context, isUpgrade: true }))) return false;
  checkApiAccess('invoke', context);
  return true;
}

/** Before the token check, for a preflight carries no token. */
function answerPreflight(exchange: Exchange, { settings, clock }: ProxyContext): boolean {
  if (settings.allowedOrigins.length === 0) return false;
  const decision = decideCors(
    {
      method: exchange.request.method ?? '',
      origin: exchange.header('origin'),
      requestMethod: exchange.header('access-control-request-method'),
      requestHeaders: exchange.header('access-control-request-headers'),
    },
    settings.allowedOrigins,
  );
  exchange.addedHeaders = decision.headers;
  exchange.isCors = decision.headers.length > 0;
  if (decision.isPreflight) sendReply(exchange, emptyReply(200), clock);
  return decision.isPreflight;
}

/** A request that names a target in a header is an invocation, whatever its path. */
function apiOf(exchange: Exchange): ApiName {
  const headers = { appId: exchange.header('dapr-app-id'), authorization: exchange.header('authorization') };
  if (hasTargetHeader(headers)) return 'invoke';
  return matchApi(exchange.request.method ?? '', exchange.path);
}

function isHealth(api: ApiName): boolean {
  return api === 'healthz' || api === 'healthz-outbound';
}

/** Health is for probes, which have no token. */
function checkToken(exchange: Exchange, api: ApiName, { isTokenValid }: ProxyContext): void {
  if (isHealth(api)) return;
  if (!isTokenValid(exchange.header('dapr-api-token'))) throw new ProxyError('token-invalid', 'invalid api token');
}

/**
 * An API that is switched off is not there: invocation answers plainly, the others fall to invocation's 404. Before the first
 * table, which brings the rules and the pipelines too, nothing but health is served.
 */
function checkApiAccess(api: ApiName, { router }: ProxyContext): void {
  if (isHealth(api)) return;
  if (router.table === null) throw new ProxyError('not-ready', `${api} API is not ready`);
  const access = router.table.apiAccess;
  if (isApiAllowed(api, access)) return;
  if (api === 'invoke' || !isApiAllowed('invoke', access))
    throw new ProxyError('api-not-allowed', '404 page not found');
  throw new ProxyError('target-missing', 'failed getting app id either from the URL path or the header dapr-app-id');
}

/** Keeps the record of a request that is over. */
export function record(exchange: Exchange, { telemetry, clock }: ProxyContext): void {
  telemetry.requestServed({
    method: exchange.request.method ?? '',
    path: exchange.sentPath,
    status: exchange.status,
    durationMs: clock.monotonicMs() - exchange.startedAtMs,
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
    userAgent: exchange.header('user-agent') ?? '',
    target: exchange.callTarget,
    errorCode: exchange.errorCode,
    isMiddlewareAnswer: exchange.isMiddlewareAnswer,
    isAborted: exchange.isAborted,
  });
}
