/** Bodies too large to hold: written and counted piece by piece, with backpressure. */
import { request, type IncomingMessage, type RequestListener } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const piece = Buffer.alloc(64 * 1024, 'x');

/** A body of that many bytes, in pieces of 64 KiB. */
export function bodyOf(bytes: number): Readable {
  let left = bytes;
  return new Readable({
    read() {
      const length = Math.min(left, piece.length);
      left -= length;
      this.push(length === 0 ? null : piece.subarray(0, length));
    },
  });
}

/** Answers `GET /<bytes>` with a body of so many bytes, and anything with a body with how many bytes that had. */
export const largeBodyUpstream: RequestListener = (incoming, response) => {
  if (incoming.method === 'GET') {
    const bytes = Number(incoming.url?.slice(1));
    response.writeHead(200, { 'Content-Length': bytes });
    bodyOf(bytes).pipe(response);
    return;
  }
  void countBytes(incoming).then((bytes) => response.end(String(bytes)));
};

/** Writes without end, as fast as it is taken. */
export function writeEndlessly(answer: Writable, onPiece: (bytes: number) => void): void {
  const write = (): void => {
    do onPiece(piece.length);
    while (answer.write(piece));
    answer.once('drain', write);
  };
  write();
}

/** Sends a GET and resolves with how many bytes its answer had. */
export async function download(url: string): Promise<number> {
  return countBytes(await answerTo(url, 'GET', null));
}

/** Sends a body, sized or in chunks, and resolves with the answer's text. */
export async function upload(
  url: string,
  body: { readonly bytes: number; readonly isSized: boolean },
): Promise<string> {
  const answer = await answerTo(url, 'POST', body);
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}

function answerTo(
  url: string,
  method: string,
  body: { readonly bytes: number; readonly isSized: boolean } | null,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body?.isSized === true ? { 'Content-Length': body.bytes } : {};
    const outgoing = request(url, { method, headers, agent: false }, resolve).on('error', reject);
    if (body === null) outgoing.end();
    else pipeline(bodyOf(body.bytes), outgoing).catch(reject);
  });
}

async function countBytes(readable: Readable): Promise<number> {
  let bytes = 0;
  readable.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await pipeline(readable, async (source) => {
    for await (const _ of source) {
      // Counted above.
    }
  });
  return bytes;
}
