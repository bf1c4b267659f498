/** How to speak TLS to an upstream. Verification is always on; nothing here can turn it off. */
import type { SecureContext } from 'node:tls';
import type { ClientTls } from '#shared/table/endpoint-table.ts';
import type { TrustedRoots } from './trusted-roots.ts';

/** What node's `tls.connect` takes of it. */
export interface TlsOptions {
  readonly minVersion?: 'TLSv1.2';
  readonly rejectUnauthorized?: true;
  readonly secureContext?: SecureContext;
  readonly ca?: string | string[];
  readonly cert?: string;
  readonly key?: string;
}

/** Options for the TLS connections of one upstream. A root CA of its own replaces the system's roots. */
export function tlsOptions(tls: ClientTls | null, roots: TrustedRoots): TlsOptions {
  const always = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;
  if (tls === null || (tls.rootCa === null && tls.identity === null)) {
    return { ...always, secureContext: roots.context() };
  }
  const ca = tls.rootCa === null ? [...roots.certificates()] : tls.rootCa.reveal();
  if (tls.identity === null) return { ...always, ca };
  return { ...always, ca, cert: tls.identity.certificateChain.reveal(), key: tls.identity.privateKey.reveal() };
}
