/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case, and what is wrong with them. Never repeats a value: it may hold a password. */
import type { Environment } from './parse-flags.ts';

const names = ['HTTP_PROXY', 'HTTPS_PROXY'] as const;

/** The first of both spellings that is not empty; `''`: none. */
export function proxyVariable(name: (typeof names)[number] | 'NO_PROXY', env: Environment): string {
  return [env[name], env[name.toLowerCase()]].find((value) => value !== undefined && value !== '') ?? '';
}

/** A sentence for each variable that names no proxy that can be used. */
export function brokenProxyVariables(env: Environment): string[] {
  return names
    .filter((name) => !isUsable(proxyVariable(name, env)))
    .map((name) => `${name}: give the URL of a proxy, http://host:port or https://host:port.`);
}

function isUsable(value: string): boolean {
  if (value === '') return true;
  const text = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '' && isDecodable(text);
}

function isDecodable(text: string): boolean {
  const { username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
