/** What a rate limit counts by: text with placeholders such as `{remoteAddress}` and `{header:X-Tenant}`. Pure. */

export type KeyPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'remoteAddress' | 'appId' | 'endpoint' | 'method' | 'path' }
  /** `name` in lower case. */
  | { readonly kind: 'header'; readonly name: string };

const plainKinds = ['remoteAddress', 'appId', 'endpoint', 'method', 'path'] as const;
const placeholders = [...plainKinds.map((kind) => `{${kind}}`), '{header:Name}'].join(', ');
const part = /\{([^{}]*)\}|([^{}]+)|[{}]/g;
const headerName = /^header:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)$/i;

/** The parts in order; a mistake as the end of a sentence. `''` has no parts: one bucket for everything. */
export function parseKeyTemplate(
  template: string,
): { readonly parts: readonly KeyPart[]; readonly mistake: null } | { readonly parts: null; readonly mistake: string } {
  const parts: KeyPart[] = [];
  for (const [, placeholder, text] of template.matchAll(part)) {
    const parsed: KeyPart | null = text === undefined ? placeholderPart(placeholder) : { kind: 'text', text };
    if (parsed === null)
      return { parts: null, mistake: `may hold these placeholders and no other braces: ${placeholders}` };
    parts.push(parsed);
  }
  return { parts, mistake: null };
}

function placeholderPart(text = ''): KeyPart | null {
  const kind = plainKinds.find((each) => each.toLowerCase() === text.toLowerCase());
  if (kind !== undefined) return { kind };
  const name = headerName.exec(text)?.[1];
  return name === undefined ? null : { kind: 'header', name: name.toLowerCase() };
}
