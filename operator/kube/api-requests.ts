/** Requests to the API server and what becomes of them: time limits, one more try after 401, answers that are errors, bounded bodies. */
import type { Dispatcher } from 'undici';
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import { answerError } from './answer-error.ts';
import { createApiServerLink } from './api-server-link.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { readBounded } from './read-bounded.ts';
import { withTimeLimit } from './time-limit.ts';

export interface ApiRequest {
  /** For messages: `GET secrets shop/db`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly accept: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Defaults to application/json. */
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

export interface ApiRequestsOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  /** From the request to the last byte of its answer; of a watch, to the headers of its answer. */
  readonly timeoutMs: number;
}

export interface ApiRequests {
  /** The text of the answer; `null`: it has more than `maxBytes`. Throws LinkError. */
  ask(request: ApiRequest, maxBytes: number): Promise<string | null>;
  /** The body of an answer that goes on for minutes. Throws LinkError; reading throws what the connection throws. */
  open(request: ApiRequest): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

const maxErrorBytes = 64 * 1024;

/** Connects with the first request. */
export function createApiRequests({ access, clock, timeoutMs }: ApiRequestsOptions): ApiRequests {
  const link = createApiServerLink(access);

  const sendOnce = async (request: ApiRequest, isWatch: boolean): Promise<Dispatcher.ResponseData> => {
    const { method, path, accept, body, contentType = 'application/json', signal } = request;
    const headers = { accept, 'user-agent': 'farpoint-operator' };
    try {
      return await link.send({
        method,
        path,
        headers: body === undefined ? headers : { ...headers, 'content-type': contentType },
        body: body === undefined ? '' : JSON.stringify(body),
        isWatch,
        signal,
      });
    } catch (cause) {
      throw noAnswer(request, cause);
    }
  };

  const send = async (request: ApiRequest, isWatch: boolean): Promise<Dispatcher.ResponseData> => {
    let answer = await sendOnce(request, isWatch);
    if (answer.statusCode === 401) {
      // The token may have been replaced a moment ago, and the API server has done nothing yet.
      await readBounded(answer.body, maxErrorBytes).catch(() => null);
      link.forgetCredentials();
      answer = await sendOnce(request, isWatch);
    }
    if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
    throw answerError({
      request: request.name,
      hasBody: request.body !== undefined,
      status: answer.statusCode,
      retryAfter: String(answer.headers['retry-after'] ?? ''),
      // An answer without a whole body is an answer all the same.
      body: (await readBounded(answer.body, maxErrorBytes).catch(() => null)) ?? '',
      epochMs: clock.epochMs(),
    });
  };

  return {
    ask: (request, maxBytes) =>
      withTimeLimit({ clock, limitMs: timeoutMs, signal: request.signal }, async (signal) => {
        const { body } = await send({ ...request, signal }, false);
        try {
          return await readBounded(body, maxBytes);
        } catch (cause) {
          throw noAnswer(request, cause);
        }
      }),
    open: (request) =>
      withTimeLimit({ clock, limitMs: timeoutMs, signal: request.signal }, async (signal) => {
        const { body } = await send({ ...request, signal }, true);
        return body as AsyncIterable<Uint8Array>;
      }),
    close: () => link.close(),
  };
}

function noAnswer({ name }: ApiRequest, cause: unknown): LinkError {
  if (cause instanceof LinkError) return cause;
  const why = cause instanceof Error ? cause.message : 'unknown';
  return new LinkError(`${name}: no answer of the API server: ${why}`, {
    kind: 'transient',
    status: 0,
    retryAfterMs: 0,
    cause,
  });
}
