/** Makes the certificates of the control plane: authorities, their cross-signed twins, serving certificates. EC P-256. */
import 'reflect-metadata'; // Before the certificate library, which refuses to load without it.
import { randomBytes, webcrypto, X509Certificate as ParsedCertificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { SigningAuthority } from './authority-state.ts';
import type { ServingCertificate } from './certificate-source.ts';

export interface Validity {
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  /** Milliseconds since 1970; what an authority issues ends with it at the latest. */
  readonly notAfterMs: number;
}

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };

/** Makes a self-signed authority. Its name is its own, so that two of them in a bundle are never mixed up. */
export async function createAuthority(validity: Validity): Promise<SigningAuthority> {
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: commonName(`farpoint control plane ${randomBytes(4).toString('hex')}`),
    notBefore: new Date(validity.notBeforeMs),
    notAfter: new Date(validity.notAfterMs),
    keys,
    signingAlgorithm,
    extensions: [
      // One below it: the cross-signed certificate of its successor.
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: pemOf(certificate), privateKeyPem: await privateKeyPem(keys.privateKey) };
}

/** Makes the certificate that leads from `successor` to a client that trusts only `issuer`. */
export async function crossSign(
  issuer: SigningAuthority,
  successor: Pick<SigningAuthority, 'certificatePem'>,
): Promise<string> {
  const subject = new X509Certificate(successor.certificatePem);
  const issuing = new X509Certificate(issuer.certificatePem);
  const certificate = await X509CertificateGenerator.create({
    subject: subject.subjectName.toJSON(),
    issuer: issuing.subjectName.toJSON(),
    notBefore: subject.notBefore,
    notAfter: new Date(Math.min(subject.notAfter.getTime(), issuing.notAfter.getTime())),
    publicKey: subject.publicKey,
    signingKey: await importPrivateKey(issuer.privateKeyPem),
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(subject.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuing.publicKey),
    ],
  });
  return pemOf(certificate);
}

/** Makes a server's certificate with a key of its own; the chain ends before the authority. Names: DNS names, IP addresses. */
export async function issueServingCertificate(
  issuer: SigningAuthority,
  { names, crossPem, ...validity }: Validity & { readonly names: readonly string[]; readonly crossPem: string | null },
): Promise<ServingCertificate> {
  const issuing = new X509Certificate(issuer.certificatePem);
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: commonName('farpoint operator'),
    issuer: issuing.subjectName.toJSON(),
    notBefore: new Date(validity.notBeforeMs),
    notAfter: new Date(Math.min(validity.notAfterMs, issuing.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: await importPrivateKey(issuer.privateKeyPem),
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuing.publicKey),
    ],
  });
  return {
    certificateChainPem: pemOf(certificate) + (crossPem ?? ''),
    privateKeyPem: await privateKeyPem(keys.privateKey),
  };
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  if (!('privateKey' in keys)) throw new TypeError('an asymmetric algorithm gives a pair');
  return keys;
}

async function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', pkcs8, keyAlgorithm, false, ['sign']);
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key);
  const base64 = Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}

function commonName(name: string): { readonly CN: string[] }[] {
  return [{ CN: [name] }];
}

/** As OpenSSL writes it, so that equal certificates are equal texts wherever they come from. */
function pemOf(certificate: X509Certificate): string {
  return new ParsedCertificate(Buffer.from(certificate.rawData)).toString();
}
