/** The proxy's own APIs: health, metadata, shutdown. */
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import { openBody } from '../pipeline/passing-body.ts';
import type { ProxyContext } from '../pipeline/proxy-context.ts';
import { emptyReply, type Reply } from '../reply/reply.ts';
import { sendReply } from '../reply/send-reply.ts';
import { healthzReply, outboundHealthzReply } from './healthz.ts';
import { metadataKeyOf, type ApiName } from './match-api.ts';
import { maxMetadataValueBytes, type LiveState } from './metadata.ts';

/** Serves one request to the proxy itself. Throws ProxyError. */
export async function serveApi(
  api: Exclude<ApiName, 'invoke'>,
  exchange: Exchange,
  context: ProxyContext,
): Promise<void> {
  sendReply(exchange, await replyOf(api, exchange, context), context.clock);
  if (api !== 'shutdown') return;
  context.requestShutdown(exchange.header('dapr-force-shutdown') === 'true' ? 'forced' : 'graceful');
}

async function replyOf(api: Exclude<ApiName, 'invoke'>, exchange: Exchange, context: ProxyContext): Promise<Reply> {
  const { readiness, metadata, settings } = context;
  switch (api) {
    case 'healthz':
      return healthzReply(readiness, { askedAppId: askedAppIdOf(exchange), appId: settings.appId });
    case 'healthz-outbound':
      return outboundHealthzReply(readiness);
    case 'metadata-get':
      return metadata.fullReply(liveState(context));
    case 'metadata-put':
      metadata.put(decodedKey(exchange.path), await smallBody(exchange, context));
      return emptyReply(204);
    case 'shutdown':
      return emptyReply(204);
  }
}

/** What the metadata tells besides the settings. */
export function liveState({ router, pipelines, guards }: ProxyContext): LiveState {
  return { table: router.table, middleware: pipelines.states, breakers: guards.breakers() };
}

/** `?appid=` of a health question, null when it is not there. */
export function askedAppIdOf({ url }: Exchange): string | null {
  const mark = url.indexOf('?');
  return mark === -1 ? null : new URLSearchParams(url.slice(mark)).get('appid');
}

function decodedKey(path: string): string {
  try {
    return decodeURIComponent(metadataKeyOf(path));
  } catch {
    throw new ProxyError('bad-request', 'the metadata key holds a percent sign that begins no valid escape');
  }
}

/** Through RequestBody, which sees to the caller that stops in the middle. */
async function smallBody(exchange: Exchange, context: ProxyContext): Promise<string> {
  if (!exchange.hasBody) return '';
  const body = openBody(exchange, context, maxMetadataValueBytes);
  const pieces: Buffer[] = [];
  for await (const piece of body) if (Buffer.isBuffer(piece)) pieces.push(piece);
  exchange.body = body;
  return Buffer.concat(pieces).toString('utf8');
}
