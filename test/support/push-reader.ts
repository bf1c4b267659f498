/** A client of the push channel that keeps every byte it gets: TLS verified, one connection a stream. */
import { Agent, request, type RequestOptions } from 'node:https';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { connect } from 'node:tls';
import { onTestFinished } from 'vitest';
import { acknowledgementsPath, jsonLinesType, streamIdField, tablesPath } from '#shared/push/push-channel.ts';
import { RawConnection } from './raw-connection.ts';
import { waitUntil } from './start-test-proxy.ts';

export interface PushTarget {
  readonly port: number;
  readonly caPem: string;
}

export interface PushAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PushRequest extends Omit<RequestOptions, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly token?: string;
}

/** One message as it came. */
export type Line = Readonly<Record<string, unknown>> & { readonly type: string };

/** Sends one request on a connection of its own and reads the whole answer. */
export async function askPush(target: PushTarget, options: PushRequest): Promise<PushAnswer> {
  const response = await send(target, options);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

function send(
  { port, caPem }: PushTarget,
  { body, token, headers: others, ...options }: PushRequest,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...others };
    const sent = request({ host: 'localhost', port, ca: caPem, method: 'POST', agent, ...options, headers }, resolve);
    sent.on('error', reject);
    onTestFinished(() => void sent.destroy());
    sent.end(body);
  });
}

/** An open stream. */
export class PushReader {
  readonly id: string;
  readonly response: IncomingMessage;
  readonly #target: PushTarget;
  readonly #token: string;
  readonly #chunks: Buffer[] = [];
  readonly #lines: Line[] = [];
  /** Revisions of the SYNCEDs that came. */
  readonly revisions: string[] = [];
  /** The beginning of a line. */
  #rest: Buffer[] = [];
  isEnded = false;
  /** The last chunk came, and the connection was not cut off before. */
  isComplete = false;

  constructor(response: IncomingMessage, target: PushTarget, token: string) {
    this.id = String(response.headers[streamIdField]);
    this.response = response;
    this.#target = target;
    this.#token = token;
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.once('end', () => (this.isComplete = true));
    response.on('error', () => undefined);
    response.once('close', () => (this.isEnded = true));
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  types(): string {
    return this.lines.map(({ type }) => type).join(' ');
  }

  /** Resolves when so many SYNCEDs have come in all, with the last one's revision. */
  async synced(count: number): Promise<string> {
    await waitUntil(() => this.revisions.length >= count || this.isEnded);
    return this.revisions[count - 1] ?? 'the stream ended before';
  }

  async ended(): Promise<void> {
    await waitUntil(() => this.isEnded);
  }

  /** What the proxy holds after all that came, name -> revision. */
  held(): Readonly<Record<string, string>> {
    const held = new Map<string, string>();
    for (const { type, name, endpoint } of this.lines) {
      if (type === 'DELETE') held.delete(String(name));
      if (type !== 'UPSERT') continue;
      const { name: upserted, revision } = endpoint as { name: string; revision: string };
      held.set(upserted, revision);
    }
    return Object.fromEntries(held);
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = JSON.parse(Buffer.concat([...this.#rest, chunk.subarray(from, at)]).toString()) as Line;
      this.#rest = [];
      from = at + 1;
      this.#lines.push(line);
      if (line.type === 'SYNCED') this.revisions.push(String(line['revision']));
    }
    this.#rest.push(chunk.subarray(from));
  }

  acknowledge(revision: string, more: Readonly<Record<string, unknown>> = {}): Promise<PushAnswer> {
    return acknowledge(this.#target, this.#token, {
      stream: this.id,
      revision,
      state: 'applied',
      reasons: [],
      ...more,
    });
  }
}

/** Posts an Acknowledgement. */
export function acknowledge(target: PushTarget, token: string, acknowledgement: unknown): Promise<PushAnswer> {
  return askPush(target, { path: acknowledgementsPath, token, body: JSON.stringify(acknowledgement) });
}

/** Opens a stream; throws with the answer when it is refused. A text is sent as it is. */
export async function openPush(target: PushTarget, token: string, hello: unknown = {}): Promise<PushReader> {
  const response = await send(target, {
    path: tablesPath,
    token,
    body: typeof hello === 'string' ? hello : JSON.stringify(hello),
  });
  if (response.statusCode !== 200) throw new Error(`the stream was refused with ${response.statusCode}`);
  return new PushReader(response, target, token);
}

/** A stream whose request stays open for acknowledgements. */
export interface TwoWayPush {
  readonly reader: PushReader;
  readonly request: ClientRequest;
}

/** Opens a stream as proxies do. */
export async function openTwoWayPush({ port, caPem }: PushTarget, token: string): Promise<TwoWayPush> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': jsonLinesType };
  const options = { host: 'localhost', port, ca: caPem, method: 'POST', path: tablesPath, agent: false, headers };
  const opening = request(options);
  onTestFinished(() => void opening.destroy());
  opening.write('{}\n');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    opening.once('response', resolve).on('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`the stream was refused with ${response.statusCode}`);
  return { reader: new PushReader(response, { port, caPem }, token), request: opening };
}

/** A connection for bytes that no client would send. */
export async function openTlsConnection({ port, caPem }: PushTarget): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, ca: caPem, servername: 'localhost' });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  return new RawConnection(socket);
}
