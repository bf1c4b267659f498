/** A proxy whose calls to `up` are tried again, and an upstream that treats each of its requests as the test says. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ask, type Answer, type Question } from './ask.ts';
import { httpEndpoint } from './http-endpoint.ts';
import { resiliency } from './resiliency.ts';
import { startTestProxy, type TestProxy } from './start-test-proxy.ts';
import { startUpstream } from './start-upstream.ts';

export type Turn = (request: IncomingMessage, response: ServerResponse) => void;

export interface Retried {
  readonly proxy: TestProxy;
  /** Requests whose head has reached the upstream. */
  readonly seen: IncomingMessage[];
  readonly call: (question?: Partial<Question>) => Promise<Answer>;
}

export interface RetriedOptions {
  /** Fields of the retry policy in YAML's flow style, without braces. */
  readonly policy?: string;
  /** All policies and the entry of `up`, instead. */
  readonly policies?: string;
  readonly entry?: string;
  readonly args?: readonly string[];
}

export const upPath = '/v1.0/invoke/up/method/x';
/** Three retries at once. */
export const soon = 'policy: constant, duration: 1ms, maxRetries: 3';

/** The turns in order; the last one serves all later requests. */
export async function startRetried(turns: readonly Turn[], options: RetriedOptions = {}): Promise<Retried> {
  const seen: IncomingMessage[] = [];
  const upstream = await startUpstream((request, response) => {
    seen.push(request);
    request.on('error', () => response.destroy());
    (turns[seen.length - 1] ?? turns.at(-1))?.(request, response);
  });
  const proxy = await startTestProxy({
    args: options.args ?? [],
    resources: { 'up.yaml': httpEndpoint('up', upstream.origin), 'resiliency.yaml': retriedManifest(options) },
  });
  return { proxy, seen, call: (question = {}) => ask(proxy.port, { path: upPath, ...question }) };
}

/** The Resiliency of these options. */
export function retriedManifest({ policy = soon, policies, entry = '{ retry: r }' }: RetriedOptions): string {
  return resiliency(policies ?? `{ retries: { r: { ${policy} } } }`, `{ up: ${entry} }`);
}

/** Answers with this status and the body `answer <n>`, where n counts the answers of this turn. */
export function answering(status: number, headers: Record<string, string> = {}): Turn {
  let count = 0;
  return (_request, response) => {
    count += 1;
    response.writeHead(status, headers).end(`answer ${count}`);
  };
}

/** Answers with the body that came. */
export const echoing: Turn = (request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => response.end(Buffer.concat(pieces)));
};

export const resetting: Turn = (request) => void request.socket.resetAndDestroy();

/** Log lines about tries. */
export function triesLogged({ lines }: TestProxy): readonly string[] {
  return lines.map(({ message }) => message).filter((message) => /^a call (?:is tried|went well)/.test(message));
}
