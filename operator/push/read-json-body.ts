/** Reads the JSON body of a request, within limits. An empty body counts as `{}`. */
import type { IncomingMessage } from 'node:http';
import type { BodyBudget } from './body-budget.ts';
import { refusal, type Refusal } from './refusal.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: BodyBudget;
}

export type BodyResult = { readonly value: unknown } | Refusal;

const firstBytes = 4_096;

/** Never rejects. What is too much is read and thrown away, so that the caller can still read the answer. */
export async function readJsonBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyResult> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return refusal('encoding-unsupported', 'send the body without Content-Encoding');
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes) return tooLarge(limits);
  const body = await bytesOf(request, limits);
  if (!Buffer.isBuffer(body)) return body;
  const text = body.toString('utf8').trim();
  try {
    return { value: text === '' ? {} : (JSON.parse(text) as unknown) };
  } catch {
    return refusal('bad-request', 'the body is not JSON');
  }
}

function bytesOf(request: IncomingMessage, { maxBytes, budget }: BodyLimits): Promise<Buffer | Refusal> {
  return new Promise((resolve) => {
    if (request.destroyed) return resolve(cutOff());
    // One growing buffer: chunks of a byte each would cost far more than they hold.
    let bytes = Buffer.alloc(0);
    let length = 0;
    request.on('data', take);
    request.once('end', () => settle(bytes.subarray(0, length)));
    request.once('error', () => settle(cutOff()));
    request.once('close', () => settle(cutOff()));

    function take(chunk: Buffer): void {
      const needed = length + chunk.length;
      if (needed > maxBytes) return settle(tooLarge({ maxBytes }));
      if (needed > bytes.length) {
        const size = Math.min(maxBytes, Math.max(firstBytes, needed, bytes.length * 2));
        if (!budget.take(size - bytes.length))
          return settle(refusal('overloaded', 'too many bodies are being read at once', 1_000));
        const grown = Buffer.alloc(size);
        bytes.copy(grown, 0, 0, length);
        bytes = grown;
      }
      chunk.copy(bytes, length);
      length = needed;
    }

    function settle(result: Buffer | Refusal): void {
      request.off('data', take);
      request.resume();
      budget.give(bytes.length);
      bytes = Buffer.alloc(0);
      length = 0;
      resolve(result);
    }
  });
}

function cutOff(): Refusal {
  return refusal('bad-request', 'the body did not come to its end');
}

function tooLarge({ maxBytes }: Pick<BodyLimits, 'maxBytes'>): Refusal {
  return refusal('body-too-large', `the body is larger than ${maxBytes} bytes`);
}
