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
  const resolved = checkPath(path);
  addForms(resolved, forms);
  let text = decodeURIComponent(resolved);
  for (let decodings = 1; decodings <= maxDecodings; decodings += 1) {
    addForms(text, forms);
    text = decodedOnce(text);
  }
  return [...forms];
}

function addForms(text: string, forms: Set<string>): void {
  forms
    .add(text)
    .add(withPlainSlashes(text))
    .add(withPlainSlashes(text.replaceAll(/;[^/\\]*/g, '')));
}

/** What was escaped twice need be no escape the second time: what is none stays, as in servers that are not strict. */
function decodedOnce(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

/** Slashes in a row as one, backslashes among them. */
export function withPlainSlashes(path: string): string {
  return path.replaceAll(/[/\\]+/g, '/');
}
