/** Reads a body up to a size. */
import type { Readable } from 'node:stream';

/** The text; `null` when there are more than `maxBytes`, and the connection is given up. Throws what the connection throws. */
export async function readBounded(body: Readable, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the body.
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}
