/** Guards the path that a caller sends below a target: it can never name anything above the target's base. */
import { ProxyError } from '#shared/errors/proxy-error.ts';

const badEscape = /%(?![0-9A-Fa-f]{2})/;
const encodedControl = /%(?:[01][0-9A-Fa-f]|7[Ff])/;
/** Every dot segment, in whatever disguise, makes this match; hardly any other path does. */
const mayHoldDots = /(?:^|[/\\;]|%2f|%5c)(?:\.|%2e)|%25/i;
const plainDotSegment = /^(?:\.|%2e){1,2}$/i;
const dotSegment = /^\.{1,2}(?:;.*)?$/;
/** What decoding can turn into a dot segment: `%`, `.`, `/`, `;` and `\`. */
const telling = /%(25|2e|2f|3b|5c)/gi;
/** Two more than any server should do. */
const maxDecodings = 3;

/**
 * Returns the path to send: as it came, except that plain dot segments are resolved (RFC 3986 §5.2.4), never above
 * the base. Throws ProxyError `bad-request` for text that some servers would read as a traversal only after decoding
 * it, once or more often (`..%2f`, `..\`, `..;`, `%252e%252e/`), for a fragment, for encoded control characters and
 * for escapes that are none.
 */
export function checkPath(path: string): string {
  if (path.includes('#')) throw badPath('a number sign; write it as %23');
  if (path.includes('%')) {
    if (badEscape.test(path)) throw badPath('a percent sign that begins no valid escape');
    if (encodedControl.test(path)) throw badPath('an encoded control character');
  }
  if (!mayHoldDots.test(path)) return path;
  const resolved = resolveDots(path);
  if (hidesDots(resolved)) throw badPath('an ambiguous dot segment');
  return resolved;
}

function resolveDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    if (!plainDotSegment.test(segment)) {
      kept.push(segment);
      continue;
    }
    if (segment.length !== 1 && segment.toLowerCase() !== '%2e') kept.pop();
    if (index === segments.length - 1) kept.push('');
  }
  return kept.join('/');
}

/** Whether a server that decodes, takes `\` for `/` or drops `;` parameters would find a dot segment. */
function hidesDots(path: string): boolean {
  let text = path;
  for (let decodings = 0; decodings <= maxDecodings; decodings += 1) {
    if (text.split(/[/\\]/).some((segment) => dotSegment.test(segment))) return true;
    const decoded = text.replace(telling, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (decoded === text) return false;
    text = decoded;
  }
  return false;
}

function badPath(what: string): ProxyError {
  return new ProxyError('bad-request', `invalid path: it contains ${what}`);
}
