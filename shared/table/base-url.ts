/** Takes a base URL apart without rewriting what its owner wrote: path and query stay as they are, byte for byte. */
import type { BaseUrl } from './endpoint-table.ts';
import { Sensitive } from './sensitive.ts';

export type BaseUrlResult =
  | { readonly baseUrl: BaseUrl; readonly mistake: null }
  /** A sentence part: `it has no scheme http:// or https://`. */
  | { readonly baseUrl: null; readonly mistake: string };

const form = /^(https?):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/i;
/** Visible ASCII: what may stand in a request target (RFC 9112 §3.2). */
const isVisible = /^[\x21-\x7e]*$/;
const badEscape = /%(?![0-9A-Fa-f]{2})/;

/** Parses an absolute http or https URL. `origin` comes out lower case without a default port; user information apart. */
export function parseBaseUrl(text: string): BaseUrlResult {
  const match = form.exec(text);
  if (match === null) return { baseUrl: null, mistake: 'it does not begin with http:// or https://' };
  const [, scheme = '', authority = '', path = '', query = '', fragment] = match;
  if (fragment !== undefined) return { baseUrl: null, mistake: 'it has a fragment (#)' };
  if (!isVisible.test(path + query)) {
    return {
      baseUrl: null,
      mistake: 'its path or query holds a space, a control character or a letter beyond ASCII; percent-encode it',
    };
  }
  if (badEscape.test(path))
    return { baseUrl: null, mistake: 'its path holds a percent sign that begins no valid escape' };
  const at = authority.lastIndexOf('@');
  const origin = originOf(`${scheme}://${authority.slice(at + 1)}`);
  if (origin === null) return { baseUrl: null, mistake: 'its host or port is not valid' };
  const authorization = at === -1 ? null : basicAuthorization(authority.slice(0, at));
  return { baseUrl: { origin, path, query, authorization }, mistake: null };
}

function originOf(text: string): string | null {
  if (!/^https?:\/\/[^:]/i.test(text) || /[\s\\<>"`{}|^]/.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.hostname === '' || url.pathname !== '/' ? null : url.origin;
}

function basicAuthorization(userInfo: string): Sensitive {
  const colon = userInfo.indexOf(':');
  const user = colon === -1 ? userInfo : userInfo.slice(0, colon);
  const password = colon === -1 ? '' : userInfo.slice(colon + 1);
  const encoded = Buffer.from(`${decoded(user)}:${decoded(password)}`).toString('base64');
  return new Sensitive(`Basic ${encoded}`, { ref: 'user information in the URL', version: '' });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
