/** Reads, writes and takes away the cookies of one oauth2 middleware. Pure. */

/** Browsers keep 4096 bytes of a cookie, its name and attributes included. */
const maxPieceLength = 3_800;
/** As much as fits in the header of a request at all. */
const maxPieces = 4;
export const maxCookieLength = maxPieceLength * maxPieces;

/** Value of the cookie with this name, put together from its pieces; null where it is not there as a whole. */
export function readCookie(headers: readonly string[], name: string): string | null {
  const valueByName = new Map<string, string>();
  for (const pair of pairs(headers)) {
    const mark = pair.indexOf('=');
    if (pair.startsWith(name)) valueByName.set(pair.slice(0, mark), pair.slice(mark + 1));
  }
  const first = valueByName.get(name);
  const [, count, begin] = /^(\d)\.(.*)$/.exec(first ?? '') ?? [];
  if (count === undefined || begin === undefined) return null;
  let value = begin;
  for (let index = 1; index < Number(count); index += 1) {
    const piece = valueByName.get(`${name}-${index}`);
    if (piece === undefined) return null;
    value += piece;
  }
  return value;
}

/** Values of Set-Cookie for a value of at most `maxCookieLength`. */
export function setCookies(name: string, value: string, isSecure: boolean): string[] {
  const count = Math.max(1, Math.ceil(value.length / maxPieceLength));
  return Array.from({ length: count }, (_, index) => {
    const piece = value.slice(index * maxPieceLength, (index + 1) * maxPieceLength);
    const pair = index === 0 ? `${name}=${count}.${piece}` : `${name}-${index}=${piece}`;
    return `${pair}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  });
}

/** The Cookie header without the cookies whose names begin so; null when there are none of them; `''` when there are no others. */
export function withoutCookies(headers: readonly string[], prefix: string): string | null {
  const all = pairs(headers);
  const others = all.filter((pair) => !pair.startsWith(prefix));
  return others.length === all.length ? null : others.join('; ');
}

function pairs(headers: readonly string[]): string[] {
  return headers
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
}
