/** A request that is not served, and how that is said: one JSON object with a code and a sentence. */
import type { ServerResponse } from 'node:http';

const statusByCode = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'body-timeout': 408,
  'body-too-large': 413,
  'encoding-unsupported': 415,
  'type-unsupported': 415,
  'too-many-requests': 429,
  internal: 500,
  overloaded: 503,
  'not-ready': 503,
  draining: 503,
  unavailable: 503,
} as const satisfies Record<string, number>;

export type RefusalCode = keyof typeof statusByCode;

export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for the caller's log. Holds no token, no secret and no name that the caller did not give. */
  readonly message: string;
  /** When to come again; 0: nothing is said. */
  readonly retryAfterMs: number;
}

/** Makes a refusal. */
export function refusal(code: RefusalCode, message: string, retryAfterMs = 0): Refusal {
  return { code, message, retryAfterMs };
}

/** Whether a step ended in a refusal. */
export function isRefusal(result: object): result is Refusal {
  return 'code' in result && 'retryAfterMs' in result;
}

/** Answers, unless the response has begun: then there is nothing to say any more, and the connection ends. */
export function sendRefusal(response: ServerResponse, { code, message, retryAfterMs }: Refusal): void {
  if (response.headersSent) return void response.destroy();
  const body = Buffer.from(`${JSON.stringify({ code, message })}\n`);
  response.statusCode = statusByCode[code];
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', body.length);
  response.setHeader('Cache-Control', 'no-store');
  if (code === 'unauthenticated') response.setHeader('WWW-Authenticate', 'Bearer realm="farpoint"');
  if (code === 'draining' || code === 'body-timeout') response.setHeader('Connection', 'close');
  if (retryAfterMs > 0) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1_000));
  response.end(body);
}
