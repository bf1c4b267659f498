/** A node:http2 client over cleartext: one request on a session of its own, or a session for several. */
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { onTestFinished } from 'vitest';

export interface Http2Answer {
  readonly status: number;
  /** As node gives them, pseudo-headers left out. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly informational: readonly number[];
  readonly body: string;
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>;
  /** The RST_STREAM code; 0 when the stream ended as it should. */
  readonly resetCode: number;
}

/** A session with prior knowledge; it ends with the test. */
export function openH2c(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => session.destroy());
  onTestFinished(() => session.destroy());
  return session;
}

/** Sends one request, whole, and resolves when its stream is closed. */
export function askH2c(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Promise<Http2Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  const answer = collectH2c(stream);
  if (body !== undefined) stream.end(body);
  return answer;
}

/** What comes back on a stream, until it is closed. */
export function collectH2c(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve) => {
    let status = 0;
    let headers: Record<string, string | string[] | undefined> = {};
    let trailers: Record<string, string | string[] | undefined> = {};
    const informational: number[] = [];
    const pieces: Buffer[] = [];
    stream.on('headers', (received) => informational.push(Number(received[':status'])));
    stream.on('response', ({ ':status': code, ...rest }) => {
      status = Number(code);
      headers = { ...rest };
    });
    stream.on('trailers', (received) => {
      trailers = { ...received };
    });
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', () => stream.close(constants.NGHTTP2_CANCEL));
    stream.once('close', () => {
      const body = Buffer.concat(pieces).toString('utf8');
      resolve({ status, headers, informational, body, trailers, resetCode: stream.rstCode ?? 0 });
    });
  });
}
