/** Where this proxy's own API listens: a call that ends there would go round for ever. */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { SocketEnd } from '../upstream/connector.ts';

export class OwnAddresses {
  readonly #listening: SocketEnd[] = [];

  add(end: SocketEnd): void {
    this.#listening.push(end);
  }

  includes(remote: SocketEnd): boolean {
    const address = plain(remote.address);
    return this.#listening.some((own) => own.port === remote.port && covers(plain(own.address), address));
  }
}

function covers(listening: string, remote: string): boolean {
  if (listening === remote) return true;
  if (listening === 'localhost') return isLoopback(remote);
  if (listening !== '0.0.0.0' && listening !== '::' && listening !== '') return false;
  return isLoopback(remote) || ownInterfaceAddresses().has(remote);
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

function ownInterfaceAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)),
  );
}

/** An IPv4 address that a dual-stack socket reports as IPv6. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
