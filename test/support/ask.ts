/** A plain node:http client: one request over a connection of its own, everything that came back. */
import { request as httpRequest } from 'node:http';

export interface Question {
  readonly path: string;
  readonly method?: string;
  /** Names and values in turn; Host is added. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  readonly socketPath?: string;
}

export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** By lower-case name; repeated ones joined. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Sends it and resolves with the whole answer; rejects when the connection breaks. */
export function ask(port: number, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...(question.socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath: question.socketPath }),
      method: question.method ?? 'GET',
      path: question.path,
      headers: ['Host', 'localhost', ...(question.headers ?? [])],
      agent: false,
    });
    request.once('error', reject);
    request.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(pieces).toString('utf8'),
        }),
      );
    });
    request.end(question.body);
  });
}

/** Dapr's error body. */
export function errorOf(answer: Answer): { readonly errorCode: string; readonly message: string } {
  return JSON.parse(answer.body) as { errorCode: string; message: string };
}

/** `Authorization` that names a target as `http://dapr-app-id:<target>@localhost` does. */
export function basicTarget(target: string): readonly string[] {
  return ['Authorization', `Basic ${Buffer.from(`dapr-app-id:${target}`).toString('base64')}`];
}
