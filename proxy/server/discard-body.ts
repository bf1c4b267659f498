/** Reads on past a body that nobody wants, for a moment, so that the caller gets to see the answer. */
import { constants } from 'node:http2';
import type { Clock } from '#shared/clock/clock.ts';
import type { CallerRequest, Exchange } from '../pipeline/exchange.ts';

const maxBytes = 256 * 1024;
const maxMs = 1_000;

/** Calls `done` once: true when the body came to its end, false when there was too much of it or the caller left. */
export function discardBody(request: CallerRequest, clock: Clock, done: (isComplete: boolean) => void): void {
  if (request.complete) return done(true);
  let readBytes = 0;
  const timer = clock.after(maxMs, stop);
  request.on('data', count).once('end', stop).once('close', stop).once('error', stop);
  request.resume();
  function count(chunk: Buffer): void {
    readBytes += chunk.length;
    if (readBytes > maxBytes) stop();
  }
  function stop(): void {
    timer.cancel();
    request
      .off('data', count)
      .off('end', stop)
      .off('close', stop)
      .off('error', stop)
      .on('error', () => undefined);
    done(request.complete);
  }
}

/** The rest of the body is not wanted: HTTP/2 can say so, HTTP/1.1 ends the connection once the answer is out. */
export function stopReading({ request, response }: Pick<Exchange, 'request' | 'response'>): void {
  if ('stream' in request) return request.stream.close(constants.NGHTTP2_NO_ERROR);
  const close = (): void => {
    // By then it may be complete, and the next request under way.
    if (!request.complete) request.socket.destroySoon();
  };
  if (response.isClosed) close();
  else response.onClose(close);
}
