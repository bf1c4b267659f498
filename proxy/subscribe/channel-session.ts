/** The exchange with one address of the control plane under one token: a stream, and acknowledgements on its own request. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP } from 'node:net';
import type { Clock } from '#shared/clock/clock.ts';
import { msFromRetryAfter } from '#shared/clock/retry-after.ts';
import { jsonLinesType, streamIdField, tablesPath, type Hello } from '#shared/push/push-channel.ts';
import type { ControlPlaneCredentials } from './control-plane-credentials.ts';
import { answerFailure, connectionFailure, transient } from './link-failure.ts';

export interface ChannelSessionOptions extends ControlPlaneCredentials {
  /** The name that the certificate must have. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly version: string;
  readonly clock: Clock;
}

export interface TableStream {
  readonly id: string;
  /** Takes acknowledgements, a JSON line each. */
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

const connectTimeoutMs = 10_000;
const answerTimeoutMs = 20_000;
const maxExplanationLength = 300;

export class ChannelSession {
  readonly #options: ChannelSessionOptions;
  readonly #end = new AbortController();

  constructor(options: ChannelSessionOptions) {
    this.#options = options;
  }

  /** Resolves when the stream begins. Throws LinkError. */
  async openStream(hello: Hello, signal: AbortSignal): Promise<TableStream> {
    const call = this.#begin(AbortSignal.any([signal, this.#end.signal]));
    const answer = this.#answerTo(call);
    call.write(`${JSON.stringify(hello)}\n`);
    const response = await answer;
    if (response.statusCode !== 200) throw await this.#refusal(response);
    const id = response.headers[streamIdField];
    const type = response.headers['content-type'] ?? '';
    if (typeof id === 'string' && id !== '' && type.startsWith(jsonLinesType)) return { id, request: call, response };
    response.destroy();
    throw transient('it does not answer as the operator does; look at --control-plane-address');
  }

  /** Closes the connection. */
  close(): void {
    this.#end.abort();
  }

  #answerTo(call: ClientRequest): Promise<IncomingMessage> {
    const { clock } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    let timer = clock.after(connectTimeoutMs, () => call.destroy(transient('the connection took too long')));
    call.once('socket', (socket) => {
      socket.once('secureConnect', () => {
        timer.cancel();
        timer = clock.after(answerTimeoutMs, () => call.destroy(transient('it did not answer in time')));
      });
    });
    call.once('response', (response) => {
      timer.cancel();
      // Later failures belong to whoever reads the answer.
      response.on('error', () => undefined);
      resolve(response);
    });
    call.on('error', (error) => {
      timer.cancel();
      reject(connectionFailure(error));
    });
    return promise;
  }

  /** Node throws at once what it cannot make of the roots. */
  #begin(signal: AbortSignal): ClientRequest {
    try {
      return this.#call(signal);
    } catch (error) {
      throw connectionFailure(error);
    }
  }

  #call(signal: AbortSignal): ClientRequest {
    const { host, address, port, token, roots, version } = this.#options;
    return request({
      agent: false,
      host: address,
      port,
      servername: isIP(host) === 0 ? host : '',
      ca: roots,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      method: 'POST',
      path: tablesPath,
      headers: {
        Host: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        Authorization: `Bearer ${token.reveal()}`,
        'Content-Type': jsonLinesType,
        'User-Agent': `farpoint-proxy/${version}`,
      },
      signal,
    });
  }

  /** What the operator says in an answer is a sentence for people; should it ever repeat the token, it is not shown. */
  async #refusal(response: IncomingMessage): Promise<Error> {
    const { clock, token } = this.#options;
    const timer = clock.after(answerTimeoutMs, () => response.destroy());
    const text = await beginOf(response);
    timer.cancel();
    const isSafe = !text.includes(token.reveal());
    const explanation = isSafe ? sentenceFrom(text).slice(0, maxExplanationLength) : '';
    return answerFailure({
      status: response.statusCode ?? 0,
      retryAfterMs: msFromRetryAfter(response.headers['retry-after'] ?? '', clock.epochMs()) ?? 0,
      explanation,
    });
  }
}

/** The first piece of the body, which is enough of a sentence. */
function beginOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const finish = (text: string): void => {
      resolve(text);
      response.destroy();
    };
    response.once('data', (piece: Buffer) => finish(piece.subarray(0, 4096).toString('utf8')));
    response.once('close', () => finish(''));
  });
}

/** `{"message": "…"}` or plain text, on one line. */
function sentenceFrom(text: string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\["\\/])*)"/.exec(text)?.[1];
  const sentence = message === undefined ? (/^\s*[<{[]/.test(text) ? '' : text) : message.replaceAll(/\\(.)/g, '$1');
  return sentence.replaceAll(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();
}
