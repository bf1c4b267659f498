/** `spec.clientTLS`: certificate authorities, certificate and key, all of which must be usable. Pure. */
import type { HttpEndpoint } from '../resources/http-endpoint.ts';
import type { ClientTls } from '../table/endpoint-table.ts';
import type { Sensitive } from '../table/sensitive.ts';
import { identityMistake, rootCaMistake, type PemMistake } from './check-pem.ts';
import type { Note } from './finding.ts';
import type { Lookup } from './look-up-value.ts';
import { resolveValue } from './resolve-value.ts';

/** What was found for each document; `null` where the manifest has none. */
export interface TlsLookups {
  readonly rootCa: Lookup | null;
  readonly certificate: Lookup | null;
  readonly privateKey: Lookup | null;
}

/** Texts that were checked already: many endpoints trust the same bundle. Lives as long as one compile. */
export type CheckedPem = Map<string, PemMistake | null>;

export interface TlsOptions {
  readonly isHttps: boolean;
  readonly fingerprintKey: string;
  readonly note: Note;
  readonly checkedPem: CheckedPem;
}

/** `null` without clientTLS, for a base URL that is not https, and after an error has been noted. */
export function compileTls(
  clientTls: HttpEndpoint['clientTls'],
  lookups: TlsLookups,
  options: TlsOptions,
): ClientTls | null {
  const { note, isHttps } = options;
  if (clientTls === null) return null;
  if (!isHttps) {
    const message = 'clientTLS has no effect: baseUrl begins with http://';
    note({ reason: 'TlsNotUsed', message, severity: 'warning' });
    return null;
  }
  if (clientTls.renegotiation !== 'Never') {
    const message = `clientTLS.renegotiation ${clientTls.renegotiation} has no effect: TLS 1.3 knows no renegotiation`;
    note({ reason: 'RenegotiationNotSupported', message, severity: 'warning' });
  }
  const rootCa = resolveDocument('clientTLS.rootCA', lookups.rootCa, options);
  const certificateChain = resolveDocument('clientTLS.certificate', lookups.certificate, options);
  const privateKey = resolveDocument('clientTLS.privateKey', lookups.privateKey, options);
  if (rootCa !== null) checkRootCa(rootCa, options);
  if ((lookups.certificate === null) !== (lookups.privateKey === null)) {
    const isKeyMissing = lookups.privateKey === null;
    const message = isKeyMissing
      ? 'clientTLS.certificate is given without clientTLS.privateKey; a client needs both or neither'
      : 'clientTLS.privateKey is given without clientTLS.certificate; a client needs both or neither';
    note({ reason: isKeyMissing ? 'PrivateKeyMissing' : 'CertificateMissing', message, severity: 'error' });
    return null;
  }
  if (certificateChain === null || privateKey === null) {
    return rootCa === null ? null : { rootCa, identity: null };
  }
  checkIdentity(certificateChain, privateKey, options);
  return { rootCa, identity: { certificateChain, privateKey } };
}

function resolveDocument(field: string, lookup: Lookup | null, options: TlsOptions): Sensitive | null {
  if (lookup?.kind !== 'none') return lookup === null ? null : resolveValue(lookup, { ...options, field });
  // Named and then left empty, it must not mean what leaving it out means: the system's roots, or no certificate.
  options.note({ reason: 'ValueMissing', message: `${field} has neither value nor secretKeyRef`, severity: 'error' });
  return null;
}

function checkRootCa(rootCa: Sensitive, { note, checkedPem }: TlsOptions): void {
  const pem = rootCa.reveal();
  const mistake = remembered(checkedPem, pem, () => rootCaMistake(pem));
  if (mistake === null) return;
  note({ reason: mistake.reason, message: `clientTLS.rootCA (${rootCa.ref}): ${mistake.message}`, severity: 'error' });
}

function checkIdentity(certificate: Sensitive, key: Sensitive, { note, checkedPem }: TlsOptions): void {
  const chainPem = certificate.reveal();
  const keyPem = key.reveal();
  const mistake = remembered(checkedPem, `${chainPem}\0${keyPem}`, () => identityMistake(chainPem, keyPem));
  if (mistake === null) return;
  const field =
    mistake.reason === 'InvalidPrivateKey'
      ? `clientTLS.privateKey (${key.ref})`
      : `clientTLS.certificate (${certificate.ref})`;
  note({ reason: mistake.reason, message: `${field}: ${mistake.message}`, severity: 'error' });
}

function remembered(checkedPem: CheckedPem, pem: string, check: () => PemMistake | null): PemMistake | null {
  const known = checkedPem.get(pem);
  if (known !== undefined) return known;
  const mistake = check();
  checkedPem.set(pem, mistake);
  return mistake;
}
