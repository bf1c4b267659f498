/** Which header fields belong to one connection and go no further (RFC 9110 §7.6.1; spec/invocation.md §7).
 * `Trailer` is none of them: it announces fields of the message, which are passed on. */

const hopByHopNames = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

const noNames: ReadonlySet<string> = new Set();

/** Whether a field, by its lower-case name, is always hop-by-hop. */
export function isHopByHop(lowerName: string): boolean {
  return hopByHopNames.has(lowerName);
}

/** They say how a message is framed and where it goes. */
const framingNames: ReadonlySet<string> = new Set(['content-length', 'expect', 'host', 'trailer']);

/** Whether a field, by its lower-case name, is the proxy's alone to set: no middleware and no policy may. */
export function isOfTheProxy(lowerName: string): boolean {
  return isHopByHop(lowerName) || framingNames.has(lowerName);
}

/** The lower-case names that a Connection header nominates, on top of the usual ones. */
export function namesInConnection(value: string | undefined): ReadonlySet<string> {
  if (value === undefined || value === '' || value === 'keep-alive' || value === 'close') return noNames;
  return new Set(value.split(',').map((token) => token.trim().toLowerCase()));
}
