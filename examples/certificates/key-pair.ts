/** Key pairs of the three kinds that servers and clients use, by Web Crypto. */
import { webcrypto } from 'node:crypto';

/** `ec` is P-256, `rsa` has 2048 bits. */
export type KeyType = 'ec' | 'rsa' | 'ed25519';

export interface KeyPair {
  readonly cryptoKeys: webcrypto.CryptoKeyPair;
  /** What this pair signs with. */
  readonly signingAlgorithm: { readonly name: string; readonly hash?: string };
}

const generation = {
  ec: { name: 'ECDSA', namedCurve: 'P-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  ed25519: { name: 'Ed25519' },
} as const satisfies Record<KeyType, { readonly name: string } & Readonly<Record<string, unknown>>>;

const signing = {
  ec: { name: 'ECDSA', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ed25519: { name: 'Ed25519' },
} as const satisfies Record<KeyType, KeyPair['signingAlgorithm']>;

/** Makes a fresh key pair that can be exported. */
export async function makeKeyPair(keyType: KeyType): Promise<KeyPair> {
  const cryptoKeys = await webcrypto.subtle.generateKey(generation[keyType], true, ['sign', 'verify']);
  if (!('privateKey' in cryptoKeys)) throw new TypeError('an asymmetric algorithm gives a pair');
  return { cryptoKeys, signingAlgorithm: signing[keyType] };
}

/** The private key as PEM, PKCS #8. */
export async function privateKeyPem(keys: KeyPair): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', keys.cryptoKeys.privateKey);
  const base64 = Buffer.from(bytes)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}
