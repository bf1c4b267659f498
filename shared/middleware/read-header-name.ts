/** A setting that names a header field. Pure. */
import type { SettingsReader } from './settings-reader.ts';

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** They say how one message is framed or where it goes: the proxy's own. */
const ownNames = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Lower case; `''` where it is not given. */
export function readHeaderName(read: SettingsReader, name: string): string {
  const text = read.text(name, '').toLowerCase();
  if (text !== '' && !token.test(text)) read.mistake(`${name} is no legal name of a header`);
  else if (ownNames.includes(text)) read.mistake(`${name} must not be a header that the proxy sets by itself`);
  return text;
}
