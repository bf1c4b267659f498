/** How to speak TLS to an upstream. Verification is always on; nothing here can turn it off. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ClientTls } from '#shared/table/endpoint-table.ts';
import type { TrustedRoots } from './trusted-roots.ts';

/** What node's `tls.connect` takes of it. */
export interface TlsOptions {
  readonly rejectUnauthorized?: true;
  readonly secureContext?: SecureContext;
}

/** Options for the TLS connections of one upstream. A root CA of its own replaces the system's roots. Throws what reading the material throws. */
export function tlsOptions(tls: ClientTls | null, roots: TrustedRoots): TlsOptions {
  if (tls === null || (tls.rootCa === null && tls.identity === null)) {
    return { rejectUnauthorized: true, secureContext: roots.context() };
  }
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ca: tls.rootCa === null ? [...roots.certificates()] : tls.rootCa.reveal(),
    ...(tls.identity === null
      ? {}
      : { cert: tls.identity.certificateChain.reveal(), key: tls.identity.privateKey.reveal() }),
  });
  return { rejectUnauthorized: true, secureContext };
}
