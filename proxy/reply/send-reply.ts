/** Sends an answer of the proxy's own, also to a caller that is still sending. */
import { STATUS_CODES } from 'node:http';
import type { Clock } from '#shared/clock/clock.ts';
import type { Exchange } from '../pipeline/exchange.ts';
import { MappedResponse } from '../pipeline/mapped-response.ts';
import { discardBody, stopReading } from '../server/discard-body.ts';
import { replyHeaders, type Reply } from './reply.ts';

/** Answers the exchange, unless the caller is gone. Must be called before any other answer has begun. */
export function sendReply(exchange: Exchange, own: Reply, clock: Clock): void {
  const { request } = exchange;
  if (exchange.response.isClosed) return;
  const { reply, response } =
    exchange.response instanceof MappedResponse
      ? exchange.response.mapped(own)
      : { reply: own, response: exchange.response };
  exchange.status = reply.status;
  const isBodyUnread = exchange.hasBody && !request.complete;
  response.writeHead({
    status: reply.status,
    reason: STATUS_CODES[reply.status] ?? '',
    headers: [...replyHeaders(reply), ...exchange.addedHeaders],
    isLast: isBodyUnread,
  });
  if (reply.body !== '' && request.method !== 'HEAD') {
    const bytes = Buffer.from(reply.body);
    exchange.responseBytes += bytes.length;
    response.write(bytes);
  } else if (isBodyUnread) {
    response.flushHead();
  }
  if (!isBodyUnread) return response.end([]);
  // A caller that is still sending would lose the answer to a reset if we closed now; it is out, and states its length.
  discardBody(request, clock, (isComplete) => {
    if (response.isClosed) return;
    response.end([]);
    if (!isComplete) stopReading(exchange);
  });
}
