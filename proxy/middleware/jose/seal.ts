/**
 * Gives callers something to keep that they can neither read nor change: A256GCM under a key that is derived from the client
 * secret, so every replica, and the next process, opens what this one sealed. A new secret ends all of it.
 */
import { hkdfSync } from 'node:crypto';
import { compactDecrypt } from 'jose/jwe/compact/decrypt';
import { CompactEncrypt } from 'jose/jwe/compact/encrypt';
import type { Sensitive } from '#shared/table/sensitive.ts';

const algorithm = { alg: 'dir', enc: 'A256GCM' } as const;
const openOptions = {
  keyManagementAlgorithms: [algorithm.alg],
  contentEncryptionAlgorithms: [algorithm.enc],
};

export class Seal {
  readonly #key: Uint8Array;

  /** What was sealed for one purpose opens for no other. */
  constructor(secret: Sensitive, purpose: string) {
    this.#key = derivedKey(secret, purpose);
  }

  /** Of letters, digits, `-`, `_` and `.`. */
  seal(fields: readonly (string | number | null)[]): Promise<string> {
    return new CompactEncrypt(Buffer.from(JSON.stringify(fields))).setProtectedHeader(algorithm).encrypt(this.#key);
  }

  /** Null for what was not sealed here. */
  async open(text: string): Promise<readonly unknown[] | null> {
    try {
      const { plaintext } = await compactDecrypt(text, this.#key, openOptions);
      const fields: unknown = JSON.parse(Buffer.from(plaintext).toString());
      return Array.isArray(fields) ? fields : null;
    } catch {
      return null;
    }
  }
}

/** 32 bytes. */
export function derivedKey(secret: Sensitive, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret.reveal(), '', `farpoint oauth2 ${purpose}`, 32));
}
