/** The Secret that every replica shares, to and from `AuthorityState`. Pure. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KubeObject } from '../kube/kube-object.ts';
import { bundlePemOf, type AuthorityState, type SigningAuthority } from './authority-state.ts';

export type SecretReading =
  | { readonly state: 'good'; readonly authority: AuthorityState }
  /** It holds nothing, as when a chart makes it to be filled. */
  | { readonly state: 'empty' }
  /** Whoever changed it has to say what is meant: it is never overwritten. The message holds no value. */
  | { readonly state: 'broken'; readonly message: string };

/** Its fields. */
const bundleField = 'ca.crt';
const previousField = 'previous.crt';
const signingSinceField = 'signing-since';
const crossField = 'cross.crt';
const nextSinceField = 'next-since';
const fingerprintField = 'fingerprint-key';

/** Reads the Secret; never throws. */
export function authorityFromSecret(secret: KubeObject): SecretReading {
  const fields = fieldsOf(secret);
  if (fields.size === 0) return { state: 'empty' };
  try {
    return { state: 'good', authority: authorityFrom(fields) };
  } catch (err) {
    // Messages of OpenSSL do not quote what they could not read.
    return { state: 'broken', message: err instanceof Error ? err.message : 'unreadable' };
  }
}

/** The `data` of the Secret; fields of others stay. */
export function secretDataFrom(authority: AuthorityState, former: KubeObject | null): Readonly<Record<string, string>> {
  const { signer, signingSinceMs, crossPem, next, previousPems, fingerprintKey } = authority;
  const own: Readonly<Record<string, string | null>> = {
    [bundleField]: bundlePemOf(authority),
    'tls.crt': signer.certificatePem,
    'tls.key': signer.privateKeyPem,
    [signingSinceField]: signingSinceMs === null ? null : dateText(signingSinceMs),
    [crossField]: crossPem,
    'next.crt': next?.certificatePem ?? null,
    'next.key': next?.privateKeyPem ?? null,
    [nextSinceField]: next === null ? null : dateText(next.sinceMs),
    [previousField]: previousPems.length === 0 ? null : previousPems.join(''),
    [fingerprintField]: fingerprintKey,
  };
  const merged = new Map<string, string>();
  if (former !== null) for (const [name, text] of fieldsOf(former)) merged.set(name, text);
  for (const [name, text] of Object.entries(own)) {
    if (text === null) merged.delete(name);
    else merged.set(name, text);
  }
  return Object.fromEntries([...merged].map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
}

/** Every certificate of a PEM text, each as its own text that ends with a newline. Throws when one cannot be read. */
export function certificatePemsFrom(text: string, field: string): readonly string[] {
  const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return pems.map((pem) => certificateFrom(pem, field).toString());
}

function authorityFrom(fields: ReadonlyMap<string, string>): AuthorityState {
  const signer = signingAuthorityFrom(fields, 'tls');
  const next = fields.has('next.crt')
    ? { ...signingAuthorityFrom(fields, 'next'), sinceMs: dateFrom(fields, nextSinceField) }
    : null;
  const previousPems = certificatePemsFrom(fields.get(previousField) ?? '', previousField);
  const [crossPem = null] = certificatePemsFrom(fields.get(crossField) ?? '', crossField);
  const bundle = certificatePemsFrom(fields.get(bundleField) ?? '', bundleField);
  const own = new Set([signer.certificatePem, ...(next === null ? [] : [next.certificatePem]), ...previousPems]);
  if (!bundle.includes(signer.certificatePem))
    throw new Error(`${bundleField} does not hold the certificate of tls.crt`);
  const fingerprintKey = (fields.get(fingerprintField) ?? '').trim();
  if (Buffer.from(fingerprintKey, 'base64').length < 32) {
    throw new Error(`${fingerprintField} is not 32 bytes in base64`);
  }
  return {
    signer,
    signingSinceMs: fields.has(signingSinceField) ? dateFrom(fields, signingSinceField) : null,
    crossPem,
    next,
    previousPems,
    foreignPems: bundle.filter((pem) => !own.has(pem)),
    fingerprintKey,
  };
}

function signingAuthorityFrom(fields: ReadonlyMap<string, string>, name: 'tls' | 'next'): SigningAuthority {
  const [certificatePem] = certificatePemsFrom(fields.get(`${name}.crt`) ?? '', `${name}.crt`);
  if (certificatePem === undefined) throw new Error(`${name}.crt holds no certificate`);
  const certificate = certificateFrom(certificatePem, `${name}.crt`);
  if (!certificate.ca) throw new Error(`${name}.crt is not the certificate of an authority`);
  // Clients do not take an intermediate authority for a root.
  if (!certificate.checkIssued(certificate)) throw new Error(`${name}.crt is not self-signed`);
  const key = privateKeyFrom(fields.get(`${name}.key`) ?? '', `${name}.key`);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error(`${name}.key is not an EC key on P-256`);
  if (!certificate.checkPrivateKey(key)) throw new Error(`${name}.key does not belong to ${name}.crt`);
  return { certificatePem, privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }) };
}

function certificateFrom(pem: string, field: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error(`${field} holds a certificate that cannot be read`);
  }
}

function privateKeyFrom(pem: string, field: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(`${field} holds no private key that can be read`);
  }
}

function dateFrom(fields: ReadonlyMap<string, string>, name: string): number {
  const ms = Date.parse((fields.get(name) ?? '').trim());
  if (Number.isNaN(ms)) throw new Error(`${name} is not a date`);
  return ms;
}

function dateText(ms: number): string {
  return new Date(ms).toISOString();
}

function fieldsOf({ data }: KubeObject): ReadonlyMap<string, string> {
  if (typeof data !== 'object' || data === null) return new Map();
  const texts = Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return new Map(texts.map(([name, base64]) => [name, Buffer.from(base64, 'base64').toString('utf8')]));
}
