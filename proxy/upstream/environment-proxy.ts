/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read as Go's net/http reads them (spec/invocation.md §6). */
import { BlockList, isIP } from 'node:net';

export interface EnvironmentProxySettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** The origin of an upstream, taken apart. */
export interface Destination {
  readonly secure: boolean;
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The URL of the proxy to go through, or `null` to go straight. Loopback is never proxied. */
export function environmentProxy(destination: Destination, settings: EnvironmentProxySettings): string | null {
  const proxy = destination.secure ? settings.httpsProxy : settings.httpProxy;
  if (proxy === '' || isLoopback(destination.host)) return null;
  const exempt = settings.noProxy.split(',').some((rule) => matchesRule(rule.trim().toLowerCase(), destination));
  if (exempt) return null;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || isInSubnet('127.0.0.0/8', host) || isInSubnet('::1/128', host);
}

/** `*`, an IP, a CIDR, `host`, `.suffix`, `*.suffix`, each but the CIDR with an optional port. */
function matchesRule(rule: string, destination: Destination): boolean {
  if (rule === '') return false;
  if (rule === '*') return true;
  if (rule.includes('/')) return isInSubnet(rule, destination.host);
  const { host, port } = splitPort(rule);
  if (port !== null && port !== destination.port) return false;
  if (isIP(host) !== 0) return isInSubnet(`${host}/${isIP(host) === 4 ? 32 : 128}`, destination.host);
  if (host.startsWith('*.')) return destination.host.endsWith(host.slice(1));
  if (host.startsWith('.')) return destination.host.endsWith(host);
  return destination.host === host || destination.host.endsWith(`.${host}`);
}

function splitPort(rule: string): { host: string; port: number | null } {
  if (isIP(rule) !== 0) return { host: rule, port: null };
  const match = /^\[?(.*?)\]?:(\d+)$/.exec(rule);
  if (match === null) return { host: rule.replace(/^\[(.*)\]$/, '$1'), port: null };
  return { host: match[1] ?? '', port: Number(match[2]) };
}

/** Compares addresses, not their spelling: `::ffff:127.0.0.1` is an IPv4 address too. */
function isInSubnet(rule: string, host: string): boolean {
  const [network = '', prefix = ''] = rule.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) === 0 || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const subnet = new BlockList();
  subnet.addSubnet(network, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  return subnet.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}
