/** What stands for a token as a key: looking it up says nothing about the token, however long it takes. Pure. */
import { createHash } from 'node:crypto';

/** SHA-256 in base64. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
