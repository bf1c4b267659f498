/** The header fields of the call that goes out: what the caller sent, minus what is not for the upstream, plus what its owner set. */
import { isHopByHop, namesInConnection } from './hop-by-hop.ts';

/** A header that replaces the caller's of the same name. */
export interface SetHeader {
  readonly lowerName: string;
  readonly name: string;
  readonly value: string;
}

export interface RequestHeaderRules {
  /** Sent on each call, in this order, after the caller's own. */
  readonly set: readonly SetHeader[];
  /** `Basic …` of the target's URL; used when nothing else brings an Authorization. */
  readonly authorization: string | null;
}

export interface IncomingHeaders {
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** The Connection header, all lines joined by commas. */
  readonly connection: string | undefined;
  /** Whether Authorization named the target (it is then ours, not the upstream's). */
  readonly fromAuthorization: boolean;
}

/** Answered, enforced or replaced by the proxy itself, whatever the target. */
const consumedNames = new Set(['dapr-api-token', 'dapr-app-id', 'destination-app-id', 'expect', 'host', 'trailer']);

/** Builds the flat list of names and values. Names keep their case, fields their order and their duplicates. */
export function requestHeaders(incoming: IncomingHeaders, rules: RequestHeaderRules): string[] {
  const { rawHeaders } = incoming;
  const nominated = namesInConnection(incoming.connection);
  const isHttp2 = rawHeaders[0]?.startsWith(':') === true;
  const headers: string[] = [];
  let hasAuthorization = false;
  let cookieAt = -1;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const lowerName = name.toLowerCase();
    if (lowerName.startsWith(':') || isHopByHop(lowerName) || consumedNames.has(lowerName)) continue;
    if (nominated.has(lowerName) || isSet(rules.set, lowerName)) continue;
    if (lowerName === 'authorization') {
      if (incoming.fromAuthorization) continue;
      hasAuthorization = true;
    }
    if (isHttp2 && lowerName === 'cookie') {
      // HTTP/2 may send cookie crumbs; towards HTTP/1.1 they are one field (RFC 9113 §8.2.3).
      if (cookieAt !== -1) {
        headers[cookieAt] = `${headers[cookieAt]}; ${value}`;
        continue;
      }
      cookieAt = headers.length + 1;
    }
    headers.push(name, value);
  }
  for (const { lowerName, name, value } of rules.set) {
    if (lowerName === 'authorization') hasAuthorization = true;
    headers.push(name, value);
  }
  if (rules.authorization !== null && !hasAuthorization) headers.push('Authorization', rules.authorization);
  return headers;
}

/** What a field after the body may not say: how to read or route the message, or who sends it (RFC 9110 §6.5.1). */
const noTrailer = /^(?:authorization|content-(?:encoding|length|range|type)|cookie)$/;

/** Names and values in turn of the fields that follow the body: never what the proxy keeps from the fields before it. */
export function requestTrailers(rawTrailers: readonly string[], connection: string | undefined): string[] {
  const nominated = namesInConnection(connection);
  const trailers: string[] = [];
  for (let index = 0; index + 1 < rawTrailers.length; index += 2) {
    const name = rawTrailers[index] ?? '';
    const lowerName = name.toLowerCase();
    if (isHopByHop(lowerName) || consumedNames.has(lowerName)) continue;
    if (nominated.has(lowerName) || noTrailer.test(lowerName)) continue;
    trailers.push(name, rawTrailers[index + 1] ?? '');
  }
  return trailers;
}

function isSet(set: readonly SetHeader[], lowerName: string): boolean {
  for (const header of set) if (header.lowerName === lowerName) return true;
  return false;
}
