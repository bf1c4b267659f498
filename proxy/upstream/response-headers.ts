/** The header fields of an upstream's answer, as the caller gets them. */
import { isHopByHop, namesInConnection } from './hop-by-hop.ts';

type RawPairs = readonly (Uint8Array | string)[];

/** A response head: names and values in turn, or an object where undici has nothing rawer. */
export type ReceivedHeaders = RawPairs | Readonly<Record<string, string | readonly string[] | undefined>>;

const nothing: ReadonlySet<string> = new Set();

/**
 * Names and values in turn. Removes what belongs to the upstream's connection, and the lower-case names in `replaced`;
 * everything else stays as it came.
 */
export function responseHeaders(received: ReceivedHeaders, replaced: ReadonlySet<string> = nothing): string[] {
  const pairs = rawPairs(received);
  const nominated = namesInConnection(connectionOf(pairs));
  const headers: string[] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    const name = pairs[index] ?? '';
    const lowerName = name.toLowerCase();
    if (isHopByHop(lowerName) || nominated.has(lowerName) || replaced.has(lowerName)) continue;
    headers.push(name, pairs[index + 1] ?? '');
  }
  return headers;
}

/** The first field of that name, given in lower case; null without one. */
export function fieldValue(received: ReceivedHeaders, lowerName: string): string | null {
  const pairs = isRaw(received) ? received : rawPairs(received);
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    const name = pairs[index] ?? '';
    if (name.length === lowerName.length && asText(name).toLowerCase() === lowerName)
      return asText(pairs[index + 1] ?? '');
  }
  return null;
}

/** Trailer fields in the same form; fields that frame a message are not allowed there (RFC 9110 §6.5.1). */
export function responseTrailers(received: ReceivedHeaders): string[] {
  const raw = responseHeaders(received);
  const trailers: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (/^(?:content-length|host|content-encoding|content-type|content-range|set-cookie)$/i.test(name)) continue;
    trailers.push(name, raw[index + 1] ?? '');
  }
  return trailers;
}

function rawPairs(received: ReceivedHeaders): readonly string[] {
  if (isRaw(received)) return received.map(asText);
  return Object.entries(received).flatMap(([name, value]) => {
    if (value === undefined || name.startsWith(':')) return [];
    return typeof value === 'string' ? [name, value] : value.flatMap((one) => [name, one]);
  });
}

function isRaw(received: ReceivedHeaders): received is RawPairs {
  return Array.isArray(received);
}

function asText(part: Uint8Array | string): string {
  return typeof part === 'string' ? part : latin1(part);
}

function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}

function connectionOf(pairs: readonly string[]): string | undefined {
  let connection: string | undefined;
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    const name = pairs[index] ?? '';
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    connection = connection === undefined ? (pairs[index + 1] ?? '') : `${connection},${pairs[index + 1] ?? ''}`;
  }
  return connection;
}
