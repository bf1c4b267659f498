/** By which of the serving certificate's names a replica verifies another one, which it reaches by address. Pure. */
import { isIP } from 'node:net';

/** The first name that is no address: addresses in the certificate are not those of replicas. `''`: there is none. */
export function peerServerName(serviceNames: readonly string[]): string {
  return serviceNames.find((name) => isIP(name) === 0) ?? '';
}
