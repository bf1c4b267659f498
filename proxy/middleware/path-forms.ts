/** What servers make of the spelling of a path. Pure. */
import { checkPath } from '../target/check-path.ts';

/** As many as checkPath looks at. */
const maxDecodings = 3;

/** Decoded, with dot segments resolved and slashes in a row as one. Throws ProxyError, or URIError, for one that is not sent on. */
export function plainPath(path: string): string {
  return withPlainSlashes(decodeURIComponent(checkPath(path)));
}

/**
 * Every form in which a server may read it: as sent, with dot segments resolved, decoded once or more often, with slashes in a
 * row as one, without the parameters of segments (`;v=1`). Throws as plainPath does.
 */
export function pathForms(path: string): readonly string[] {
  const forms = new Set([path]);
  let text = checkPath(path);
  let next: string | null = decodeURIComponent(text);
  for (let decodings = 0; next !== null && decodings <= maxDecodings; decodings += 1) {
    forms
      .add(text)
      .add(withPlainSlashes(text))
      .add(withPlainSlashes(text.replaceAll(/;[^/\\]*/g, '')));
    if (next === text) break;
    text = next;
    next = decodedOrNull(text);
  }
  return [...forms];
}

/** A percent sign that was escaped is one that need not begin an escape. */
function decodedOrNull(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function withPlainSlashes(path: string): string {
  return path.replaceAll(/[/\\]+/g, '/');
}
