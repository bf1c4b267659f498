/** Guards the path that a caller sends below a target: it can never name anything above the target's base. */
import { ProxyError } from '#shared/errors/proxy-error.ts';

const badEscape = /%(?![0-9A-Fa-f]{2})/;
const encodedControl = /%(?:[01][0-9A-Fa-f]|7[Ff])/;
const mayHoldDots = /(?:^|[/\\;]|%2f|%5c)(?:\.|%2e)/i;
const separator = /[/\\]|%2f|%5c/i;
const dotSegment = /^(?:\.|%2e){1,2}(?:;.*)?$/i;
const plainDotSegment = /^(?:\.|%2e){1,2}$/i;

/**
 * Returns the path to send: as it came, except that plain dot segments are resolved (RFC 3986 §5.2.4), never above
 * the base. Throws ProxyError `bad-request` for text that some servers would read as a traversal only after decoding
 * it (`..%2f`, `..\`, `..;`), for encoded control characters and for escapes that are none.
 */
export function checkPath(path: string): string {
  if (path.includes('%')) {
    if (badEscape.test(path)) throw badPath('a percent sign that begins no valid escape');
    if (encodedControl.test(path)) throw badPath('an encoded control character');
  }
  if (!mayHoldDots.test(path)) return path;
  return resolveDots(path);
}

function resolveDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    if (!plainDotSegment.test(segment)) {
      if (segment.split(separator).some((part) => dotSegment.test(part))) throw badPath('an ambiguous dot segment');
      kept.push(segment);
      continue;
    }
    if (segment.length !== 1 && segment.toLowerCase() !== '%2e') kept.pop();
    if (index === segments.length - 1) kept.push('');
  }
  return kept.join('/');
}

function badPath(what: string): ProxyError {
  return new ProxyError('bad-request', `invalid path: it contains ${what}`);
}
