/** Whether PEM text is what it is given for. Pure: OpenSSL parses, nothing is read or sent. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** What is wrong, as the end of a sentence whose subject is the field. */
export interface PemMistake {
  readonly reason: 'InvalidRootCa' | 'InvalidCertificate' | 'InvalidPrivateKey' | 'KeyMismatch';
  readonly message: string;
}

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

/** What is wrong with a bundle of certificate authorities; `null` when each of them parses. */
export function rootCaMistake(pem: string): PemMistake | null {
  const certificates = certificatesFrom(pem);
  return typeof certificates === 'string' ? { reason: 'InvalidRootCa', message: certificates } : null;
}

/** What is wrong with a certificate, its chain and its key; `null` when TLS can use them. */
export function identityMistake(chainPem: string, keyPem: string): PemMistake | null {
  const certificates = certificatesFrom(chainPem);
  if (typeof certificates === 'string') return { reason: 'InvalidCertificate', message: certificates };
  const key = privateKeyFrom(keyPem);
  if (typeof key === 'string') return { reason: 'InvalidPrivateKey', message: key };
  const [leaf] = certificates;
  if (leaf === undefined || !leaf.checkPrivateKey(key)) {
    const isOfAnother = certificates.some((certificate) => certificate.checkPrivateKey(key));
    const message = isOfAnother
      ? 'the private key belongs to a later certificate of the chain; put that one first'
      : 'the private key does not belong to the certificate';
    return { reason: 'KeyMismatch', message };
  }
  return contextMistake({ chainPem, keyPem, leaf });
}

function certificatesFrom(pem: string): readonly X509Certificate[] | string {
  const certificates: X509Certificate[] = [];
  for (let from = pem.indexOf(begin); from !== -1;) {
    const to = pem.indexOf(end, from);
    const next = pem.indexOf(begin, from + begin.length);
    const number = certificates.length + 1;
    if (to === -1 || (next !== -1 && next < to)) return `certificate ${number} has no END line`;
    try {
      certificates.push(new X509Certificate(pem.slice(from, to + end.length)));
    } catch {
      return `certificate ${number} cannot be parsed`;
    }
    from = next;
  }
  return certificates.length === 0 ? 'there is no PEM certificate in it' : certificates;
}

function privateKeyFrom(pem: string): KeyObject | string {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m.test(pem)) {
    return 'the private key is encrypted; store it without a passphrase';
  }
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) return 'there is no PEM private key in it';
  try {
    return createPrivateKey(pem);
  } catch {
    return 'the private key cannot be parsed';
  }
}

/** What OpenSSL refuses although it parses: keys that are too small, digests that are too weak. */
function contextMistake(material: {
  readonly chainPem: string;
  readonly keyPem: string;
  readonly leaf: X509Certificate;
}): PemMistake | null {
  try {
    // A CA of its own spares the context from loading the system's roots, which nobody asks it about.
    createSecureContext({ cert: material.chainPem, key: material.keyPem, ca: material.leaf.toString() });
    return null;
  } catch (err) {
    const why = err instanceof Error && 'reason' in err ? String(err.reason) : 'no reason given';
    return { reason: 'InvalidCertificate', message: `TLS cannot use it: ${why}` };
  }
}
