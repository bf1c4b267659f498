/** `spec.clientTLS`: certificate authorities, certificate and key, all of which must be usable. Pure. */
import type { HttpEndpoint } from '../resources/http-endpoint.ts';
import type { ClientTls } from '../table/endpoint-table.ts';
import type { Sensitive } from '../table/sensitive.ts';
import { identityMistake, rootCaMistake, type PemMistake } from './check-pem.ts';
import type { Finding, Note } from './finding.ts';
import { isReference, type Lookup } from './look-up-value.ts';
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
    note({ reason: 'TlsNotUsed', message, severity: 'warning', origin: 'spec' });
    return null;
  }
  if (clientTls.renegotiation !== 'Never') {
    const message = `clientTLS.renegotiation ${clientTls.renegotiation} has no effect: TLS 1.3 knows no renegotiation`;
    note({ reason: 'RenegotiationNotSupported', message, severity: 'warning', origin: 'spec' });
  }
  const rootCa = resolveDocument('clientTLS.rootCA', lookups.rootCa, options);
  const certificateChain = resolveDocument('clientTLS.certificate', lookups.certificate, options);
  const privateKey = resolveDocument('clientTLS.privateKey', lookups.privateKey, options);
  if (rootCa !== null) checkRootCa(rootCa, originOf([lookups.rootCa]), options);
  if ((lookups.certificate === null) !== (lookups.privateKey === null)) {
    const isKeyMissing = lookups.privateKey === null;
    const message = isKeyMissing
      ? 'clientTLS.certificate is given without clientTLS.privateKey; a client needs both or neither'
      : 'clientTLS.privateKey is given without clientTLS.certificate; a client needs both or neither';
    note({
      reason: isKeyMissing ? 'PrivateKeyMissing' : 'CertificateMissing',
      message,
      severity: 'error',
      origin: 'spec',
    });
    return null;
  }
  if (certificateChain === null || privateKey === null) {
    return rootCa === null ? null : { rootCa, identity: null };
  }
  const origin = originOf([lookups.certificate, lookups.privateKey]);
  checkIdentity({ certificateChain, privateKey }, origin, options);
  return { rootCa, identity: { certificateChain, privateKey } };
}

function resolveDocument(field: string, lookup: Lookup | null, options: TlsOptions): Sensitive | null {
  if (lookup?.kind !== 'none') return lookup === null ? null : resolveValue(lookup, { ...options, field });
  // Named and then left empty, it must not mean what leaving it out means: the system's roots, or no certificate.
  const message = `${field} has neither value nor secretKeyRef`;
  options.note({ reason: 'ValueMissing', message, severity: 'error', origin: 'spec' });
  return null;
}

/** Where material that came from a reference is wrong, it may become right without a change of the resource. */
function originOf(lookups: readonly (Lookup | null)[]): Finding['origin'] {
  return lookups.some((lookup) => lookup !== null && isReference(lookup)) ? 'reference' : 'spec';
}

function checkRootCa(rootCa: Sensitive, origin: Finding['origin'], { note, checkedPem }: TlsOptions): void {
  const pem = rootCa.reveal();
  const mistake = remembered(checkedPem, pem, () => rootCaMistake(pem));
  if (mistake === null) return;
  const message = `clientTLS.rootCA (${rootCa.ref}): ${mistake.message}`;
  note({ reason: mistake.reason, message, severity: 'error', origin });
}

function checkIdentity(
  { certificateChain, privateKey }: NonNullable<ClientTls['identity']>,
  origin: Finding['origin'],
  { note, checkedPem }: TlsOptions,
): void {
  const chainPem = certificateChain.reveal();
  const keyPem = privateKey.reveal();
  const mistake = remembered(checkedPem, `${chainPem}\0${keyPem}`, () => identityMistake(chainPem, keyPem));
  if (mistake === null) return;
  const field =
    mistake.reason === 'InvalidPrivateKey'
      ? `clientTLS.privateKey (${privateKey.ref})`
      : `clientTLS.certificate (${certificateChain.ref})`;
  note({ reason: mistake.reason, message: `${field}: ${mistake.message}`, severity: 'error', origin });
}

function remembered(checkedPem: CheckedPem, pem: string, check: () => PemMistake | null): PemMistake | null {
  const known = checkedPem.get(pem);
  if (known !== undefined) return known;
  const mistake = check();
  checkedPem.set(pem, mistake);
  return mistake;
}
