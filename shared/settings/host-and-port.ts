/** `host`, `host:port`, `::1` and `[::1]:port`, as flags give them. Pure. */
import { isIP } from 'node:net';
import { withoutBrackets } from './proxy-flag-rules.ts';

const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Takes them apart; `null`: the text is none of them. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number | null } | null {
  if (isHost(text)) return { host: withoutBrackets(text), port: null };
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const [, host = '', digits = ''] = match ?? [];
  const port = Number(digits);
  if (match === null || port < 1 || port > 65_535) return null;
  // `::1:6500` would be an address as well as an address with a port.
  const isClear = host.startsWith('[') ? isIP(withoutBrackets(host)) === 6 : !host.includes(':') && isHost(host);
  return isClear ? { host: withoutBrackets(host), port } : null;
}

/** An IP address, in brackets or without, or a host name. */
export function isHost(host: string): boolean {
  return isIP(withoutBrackets(host)) !== 0 || isDomain(host.toLowerCase());
}

/** Labels of DNS with dots between them, in lower case. */
export function isDomain(name: string): boolean {
  return name.split('.').every((label) => labelPattern.test(label));
}
