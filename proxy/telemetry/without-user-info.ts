/** Takes user names and passwords out of URLs that stand inside a path, before a log line or a label sees them. */

/** `http://` or any scheme, also escaped as a whole or in part, up to the end of its authority. */
const urlAuthority = /([a-z][a-z0-9+.-]{0,15}(?::|%3a)(?:\/|%2f)+)((?:(?!\/|%2f)[^?#])*)/gi;
const mayHoldUrl = /(?::|%3a)(?:\/|%2f)/i;
const lastAt = /^.*(?:@|%40)/i;
/** Something after the host that is no port: the beginning of a password that `/` or `?` cut off. */
const noPort = /^[^:[]*?(?::|%3a)(?!\d*$)/i;

/** The rest of a password that holds a slash. */
const cutPassword = /\[redacted\](?:\/|%2f)(?:(?!\/method\/).)*(?:@|%40)/gi;

const redacted = '[redacted]';

/** The same path; in `/v1.0/invoke/http://user:password@host/method/x` the user information reads `[redacted]`. */
export function withoutUserInfo(path: string): string {
  if (!mayHoldUrl.test(path)) return path;
  return path
    .replace(urlAuthority, (_match, scheme: string, authority: string) => scheme + withoutUser(authority))
    .replace(cutPassword, `${redacted}@`);
}

function withoutUser(authority: string): string {
  const host = authority.replace(lastAt, `${redacted}@`);
  return host === authority && noPort.test(authority) ? redacted : host;
}
