/** An answer that came through node:http instead of undici, told to a handler in undici's terms. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';

/** Steers a request of node:http. */
export type NodeController = Dispatcher.DispatchController & { response: IncomingMessage | null };

/** The controller of one request. */
export function controllerOf(outgoing: ClientRequest): NodeController {
  return {
    response: null,
    aborted: false,
    paused: false,
    reason: null,
    abort: (reason: Error) => outgoing.destroy(reason),
    pause(): void {
      this.response?.pause();
    },
    resume(): void {
      this.response?.resume();
    },
  };
}

/** Passes head, pieces, trailers and end, or the failure. */
export function passNodeAnswer(
  response: IncomingMessage,
  controller: NodeController,
  handler: Dispatcher.DispatchHandler,
): void {
  controller.response = response;
  try {
    const started = Object.assign(controller, { rawHeaders: response.rawHeaders });
    handler.onResponseStart?.(started, response.statusCode ?? 0, response.headers, response.statusMessage);
  } catch (error) {
    response.destroy();
    handler.onResponseError?.(
      controller,
      error instanceof Error ? error : new Error('the answer could not be passed on', { cause: error }),
    );
    return;
  }
  response.on('data', (chunk: Buffer) => handler.onResponseData?.(controller, chunk));
  response.on('error', (error) => handler.onResponseError?.(controller, error));
  response.on('end', () =>
    handler.onResponseEnd?.(Object.assign(controller, { rawTrailers: response.rawTrailers }), {}),
  );
}
