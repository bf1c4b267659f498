/** When PEM material ends. Reads certificates only: keys are never looked at. */
import { X509Certificate } from 'node:crypto';

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const maxCertificates = 500;

/** Unix seconds of the first certificate of the bundle to end; null when there is none to read. */
export function firstExpirySeconds(pem: string): number | null {
  let first: number | null = null;
  for (const certificate of pem.match(pemCertificate)?.slice(0, maxCertificates) ?? []) {
    const ends = expiryMs(certificate);
    if (ends !== null && (first === null || ends < first)) first = ends;
  }
  return first === null ? null : Math.floor(first / 1_000);
}

function expiryMs(certificate: string): number | null {
  try {
    return new X509Certificate(certificate).validToDate.getTime();
  } catch {
    return null; // a bundle may hold certificates that OpenSSL cannot read; compile has judged those
  }
}
