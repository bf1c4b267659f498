/** The exchanges with one address of the control plane under one token: the stream, and acknowledgements beside it. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import type { Clock } from '#shared/clock/clock.ts';
import {
  acknowledgementsPath,
  streamIdField,
  tablesPath,
  type Acknowledgement,
  type Hello,
} from '#shared/push/push-channel.ts';
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
  /** Names the stream in acknowledgements. */
  readonly id: string;
  readonly response: IncomingMessage;
}

const connectTimeoutMs = 10_000;
const answerTimeoutMs = 20_000;
const maxExplanationLength = 300;

export class ChannelSession {
  readonly #options: ChannelSessionOptions;
  /** Keeps the connection of acknowledgements, and resumes TLS for it; ends with the session. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1 });
  readonly #end = new AbortController();

  constructor(options: ChannelSessionOptions) {
    this.#options = options;
  }

  /** Resolves when the stream begins. Throws LinkError. */
  async openStream(hello: Hello, signal: AbortSignal): Promise<TableStream> {
    const response = await this.#post(tablesPath, hello, signal);
    if (response.statusCode !== 200) throw await this.#refusal(response);
    const id = response.headers[streamIdField];
    const type = response.headers['content-type'] ?? '';
    if (typeof id === 'string' && id !== '' && type.startsWith('application/x-ndjson')) return { id, response };
    response.destroy();
    throw transient('it does not answer as the operator does; look at --control-plane-address');
  }

  /** Throws LinkError. */
  async acknowledge(acknowledgement: Acknowledgement): Promise<void> {
    const response = await this.#post(acknowledgementsPath, acknowledgement, this.#end.signal);
    if (response.statusCode !== 204 && response.statusCode !== 200) throw await this.#refusal(response);
    response.resume();
  }

  /** Aborted by `close`. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Closes every connection. */
  close(): void {
    this.#end.abort();
    this.#agent.destroy();
  }

  #post(path: string, content: Hello | Acknowledgement, signal: AbortSignal): Promise<IncomingMessage> {
    const { clock } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const body = Buffer.from(JSON.stringify(content));
    const call = this.#begin(path, body.length, signal);
    let timer = clock.after(connectTimeoutMs, () => call.destroy(transient('the connection took too long')));
    const awaitAnswer = (): void => {
      timer.cancel();
      timer = clock.after(answerTimeoutMs, () => call.destroy(transient('it did not answer in time')));
    };
    call.once('socket', (socket) => {
      if (call.reusedSocket) awaitAnswer();
      else socket.once('secureConnect', awaitAnswer);
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
    call.end(body);
    return promise;
  }

  /** Node throws at once what it cannot make of the roots. */
  #begin(path: string, length: number, signal: AbortSignal): ClientRequest {
    try {
      return this.#call(path, length, signal);
    } catch (error) {
      throw connectionFailure(error);
    }
  }

  #call(path: string, length: number, signal: AbortSignal): ClientRequest {
    const { host, address, port, token, roots, version } = this.#options;
    return request({
      agent: this.#agent,
      host: address,
      port,
      servername: isIP(host) === 0 ? host : '',
      ca: roots,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      method: 'POST',
      path,
      headers: {
        Host: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        Authorization: `Bearer ${token.reveal()}`,
        'Content-Type': 'application/json',
        'Content-Length': length,
        'User-Agent': `farpoint-proxy/${version}`,
      },
      signal: AbortSignal.any([signal, this.#end.signal]),
    });
  }

  /** What the operator says in an answer is a sentence for people; should it ever repeat the token, it is not shown. */
  async #refusal(response: IncomingMessage): Promise<Error> {
    const timer = this.#options.clock.after(answerTimeoutMs, () => response.destroy());
    const text = await beginOf(response);
    timer.cancel();
    const isSafe = !text.includes(this.#options.token.reveal());
    const explanation = isSafe ? sentenceFrom(text).slice(0, maxExplanationLength) : '';
    return answerFailure({
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
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
