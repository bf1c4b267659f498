/** One HTTP request by node:http, the path as given: nothing is normalized, no proxy of the environment is asked. */
import { request, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export interface RequestToSend {
  /** Defaults to loopback. */
  readonly host?: string;
  readonly port: number;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Defaults to 5 s. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends a GET on a connection of its own and reads the whole answer. */
export function sendRequest(options: RequestToSend): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: options.host ?? '127.0.0.1',
      port: options.port,
      path: options.path,
      headers: options.headers ?? {},
      agent: false,
      signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    sent.end();
  });
}
