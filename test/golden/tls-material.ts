/** Certificates and keys for golden inputs, made for the run: `${ca}`, `${client.certificate}`, `${client.key}` … */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';

/** Makes every piece that an input may name. */
export async function makeTlsMaterial(): Promise<ReadonlyMap<string, string>> {
  const ca = await CertificateAuthority.create('golden root');
  const otherCa = await CertificateAuthority.create('another golden root');
  const intermediate = await ca.createIntermediate('golden intermediate');
  const client = await ca.issueClient({ name: 'client' });
  const rsa = await ca.issueClient({ name: 'rsa', keyType: 'rsa' });
  const ed25519 = await ca.issueClient({ name: 'ed25519', keyType: 'ed25519' });
  const chain = await intermediate.issueClient({ name: 'chain' });
  const [leaf = '', issuer = ''] = chain.chainPem.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g) ?? [];
  const encrypted = createPrivateKey(client.privateKeyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'not told',
  });
  const sec1 = createPrivateKey(client.privateKeyPem).export({ type: 'sec1', format: 'pem' });
  return new Map([
    ['ca', ca.certificatePem],
    ['ca.bundle', `# two of them\n${ca.certificatePem}\n${otherCa.certificatePem}`],
    ['ca.cut', ca.certificatePem.slice(0, -30)],
    ['ca.damaged', ca.certificatePem.replace(/\n[^\n]{10}/, '\nAAAAAAAAAA')],
    ['client.certificate', client.certificatePem],
    ['client.key', client.privateKeyPem],
    ['client.key.sec1', sec1],
    ['client.key.encrypted', encrypted],
    ['rsa.certificate', rsa.certificatePem],
    ['rsa.key', rsa.privateKeyPem],
    ['ed25519.certificate', ed25519.certificatePem],
    ['ed25519.key', ed25519.privateKeyPem],
    ['chain.certificate', chain.chainPem],
    ['chain.certificate.reversed', issuer + leaf],
    ['chain.key', chain.privateKeyPem],
    ['public.key', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })],
  ]);
}

/** Fills the pieces in, as YAML strings. */
export function withTlsMaterial(text: string, material: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{([a-z0-9.]+)\}/g, (whole, name: string) => {
    const pem = material.get(name);
    if (pem === undefined) throw new TypeError(`${whole} is no TLS material`);
    return JSON.stringify(pem);
  });
}

/** The name of a piece, for outputs, which must not differ from run to run. */
export function materialName(text: string, material: ReadonlyMap<string, string>): string {
  for (const [name, pem] of material) if (pem === text) return `\${${name}}`;
  return text;
}
