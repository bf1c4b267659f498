/** What node's parser lets pass and HTTP/1.1 does not (RFC 9112 §2.3, §3.2, §6.1): shapes that two servers may read differently. */
import type { IncomingMessage } from 'node:http';
import { errorBody } from '../reply/error-reply.ts';
import { jsonReply, type Reply } from '../reply/reply.ts';

/** The reply that refuses a request for its form; `null`: nothing is wrong with it. */
export function messageFailure(request: IncomingMessage): Reply | null {
  const { httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return failure(505, 'this HTTP version is not spoken here');
  const hosts = hostsIn(request.rawHeaders);
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return failure(400, 'a request has exactly one Host header');
  const coding = request.headers['transfer-encoding'];
  if (coding === undefined) return null;
  if (httpVersion === '1.0') return failure(400, 'HTTP/1.0 has no Transfer-Encoding');
  return coding.toLowerCase() === 'chunked'
    ? null
    : failure(501, 'the only transfer coding understood here is chunked');
}

function hostsIn(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts;
}

function failure(status: number, message: string): Reply {
  return jsonReply(status, errorBody('ERR_DIRECT_INVOKE', message));
}
