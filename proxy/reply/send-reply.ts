/** Sends an answer of the proxy's own, also to a caller that is still sending. */
import { STATUS_CODES } from 'node:http';
import type { Clock } from '#shared/clock/clock.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import { replyHeaders, type Reply } from './reply.ts';

const lingerMaxBytes = 256 * 1024;
const lingerMaxMs = 1_000;

/** Answers the exchange, unless the caller is gone. Must be called before any other answer has begun. */
export function sendReply(exchange: Exchange, reply: Reply, clock: Clock): void {
  const { request, response } = exchange;
  if (response.isClosed) return;
  exchange.status = reply.status;
  const isBodyUnread = exchange.hasBody && !request.complete;
  const connection = isBodyUnread && request.httpVersionMajor === 1 ? ['Connection', 'close'] : [];
  response.writeHead({
    status: reply.status,
    reason: STATUS_CODES[reply.status] ?? '',
    headers: [...replyHeaders(reply), ...exchange.addedHeaders, ...connection],
  });
  if (reply.body !== '' && request.method !== 'HEAD') {
    const bytes = Buffer.from(reply.body);
    exchange.responseBytes += bytes.length;
    response.write(bytes);
  } else if (isBodyUnread) {
    response.flushHead();
  }
  if (isBodyUnread) lingerThenEnd(exchange, clock);
  else response.end([]);
}

/**
 * A caller that is still sending would lose the answer to a connection reset if we closed now. The answer is out (it
 * states its length): read on for a moment, then close.
 */
function lingerThenEnd({ request, response }: Exchange, clock: Clock): void {
  let readBytes = 0;
  const timer = clock.after(lingerMaxMs, finish);
  request.on('data', count).once('end', finish).once('close', finish).once('error', finish);
  request.resume();
  function count(chunk: Buffer): void {
    readBytes += chunk.length;
    if (readBytes > lingerMaxBytes) finish();
  }
  function finish(): void {
    timer.cancel();
    request.off('data', count).off('end', finish).off('close', finish);
    if (!response.isClosed) response.end([]);
  }
}
