/** Tokens that the API server never issued: other claims, under its own signature or under one of a stranger. */
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlaneAccess } from './control-plane-access.ts';

/** The key that the API server signs tokens with. */
export async function serviceAccountKey({ folder }: ControlPlaneAccess): Promise<KeyObject> {
  return createPrivateKey(await readFile(join(folder, 'service-accounts.key'), 'utf8'));
}

/** A key that nobody trusts. */
export function strangerKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

export type Claims = Readonly<Record<string, unknown>>;

/** The token with changed claims, signed anew. */
export function resignedToken(
  token: string,
  key: KeyObject,
  change: (claims: Claims) => Claims = (same) => same,
): string {
  const [header = '', payload = ''] = token.split('.');
  const claims = change(JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims);
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}
