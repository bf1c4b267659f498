/** Reads the JSON body of a request, or its first line, within limits. What is empty counts as `{}`. */
import type { IncomingMessage } from 'node:http';
import { HeldBytes, type HeldBytesOptions } from '#shared/memory/held-bytes.ts';
import { jsonBoundsMistake } from './json-bounds.ts';
import { refusal, type Refusal } from './refusal.ts';

export type BodyResult = { readonly value: unknown } | Refusal;

/** `first-line`: what follows the first line is left unread, and the request paused. */
export type BodyPart = 'whole' | 'first-line';

export interface JsonBodyOptions extends HeldBytesOptions {
  /** Throws when the text is not JSON. Defaults to JSON.parse. */
  readonly parse?: (text: string) => unknown;
}

const lineFeed = 0x0a;

/** Never rejects. What is too much is read and thrown away, so that the caller can still read the answer. */
export async function readJsonBody(
  request: IncomingMessage,
  { parse = JSON.parse, ...limits }: JsonBodyOptions,
  part: BodyPart = 'whole',
): Promise<BodyResult> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return refusal('encoding-unsupported', 'send the body without Content-Encoding');
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes) return tooLarge(limits);
  const body = await bytesOf(request, limits, part);
  if (!Buffer.isBuffer(body)) return body;
  const mistake = jsonBoundsMistake(body);
  if (mistake !== null) return refusal('bad-request', `the body cannot be read: ${mistake}`);
  const text = body.toString('utf8').trim();
  try {
    return { value: text === '' ? {} : parse(text) };
  } catch {
    return refusal('bad-request', 'the body is not JSON');
  }
}

function bytesOf(request: IncomingMessage, limits: HeldBytesOptions, part: BodyPart): Promise<Buffer | Refusal> {
  return new Promise((resolve) => {
    if (request.destroyed) return resolve(cutOff());
    const held = new HeldBytes(limits);
    request.on('data', take);
    request.once('end', finish);
    request.once('error', breakOff);
    request.once('close', breakOff);

    function take(chunk: Buffer): void {
      const end = part === 'whole' ? -1 : chunk.indexOf(lineFeed);
      const outcome = held.add(end === -1 ? chunk : chunk.subarray(0, end));
      if (outcome === 'too-large') return settle(tooLarge(limits));
      if (outcome === 'no-room') return settle(refusal('overloaded', 'too many bodies are being read at once', 1_000));
      if (end === -1) return;
      settle(held.take());
      request.pause();
      if (end + 1 < chunk.length) request.unshift(chunk.subarray(end + 1));
    }

    function finish(): void {
      settle(held.take());
    }

    function breakOff(): void {
      settle(cutOff());
    }

    function settle(result: Buffer | Refusal): void {
      request.off('data', take);
      request.off('end', finish);
      request.off('error', breakOff);
      request.off('close', breakOff);
      request.resume();
      held.take();
      resolve(result);
    }
  });
}

function cutOff(): Refusal {
  return refusal('bad-request', 'the body did not come to its end');
}

function tooLarge({ maxBytes }: Pick<HeldBytesOptions, 'maxBytes'>): Refusal {
  return refusal('body-too-large', `the body is larger than ${maxBytes} bytes`);
}
