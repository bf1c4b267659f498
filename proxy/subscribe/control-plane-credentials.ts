/** Who the proxy is and whom it trusts: both files are read again for each connection, since their volumes rotate. */
import { open } from 'node:fs/promises';
import { rootCaMistake } from '#shared/compile/check-pem.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { ControlPlaneSettings } from '#shared/settings/proxy-settings.ts';
import { Sensitive } from '#shared/table/sensitive.ts';

export interface ControlPlaneCredentials {
  readonly token: Sensitive;
  /** PEM; no other roots count. */
  readonly roots: string;
}

const maxTokenBytes = 64 * 1024;
const maxRootsBytes = 4 * 1024 * 1024;

/** Throws LinkError with a sentence that says which file, and what to do. */
export async function readCredentials(
  settings: Pick<ControlPlaneSettings, 'tokenFile' | 'caFile'>,
): Promise<ControlPlaneCredentials> {
  const { tokenFile, caFile } = settings;
  const text = await readSmallFile(tokenFile, maxTokenBytes, 'the token file');
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw failure(`the token file ${tokenFile} ${token === '' ? 'is empty' : 'does not hold a token'}`);
  }
  const roots = await readSmallFile(caFile, maxRootsBytes, 'the CA file');
  const mistake = rootCaMistake(roots);
  if (mistake !== null) throw failure(`the CA file ${caFile} cannot be used: ${mistake.message}`);
  return { token: new Sensitive(token, { ref: tokenFile, version: '' }), roots };
}

async function readSmallFile(path: string, maxBytes: number, what: string): Promise<string> {
  try {
    await using file = await open(path);
    if ((await file.stat()).size > maxBytes) throw failure(`${what} ${path} is larger than ${maxBytes} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof LinkError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw failure(`${what} ${path} cannot be read (${code}); the pod needs its projected volume`, error);
  }
}

function failure(message: string, cause?: unknown): LinkError {
  return new LinkError(message, { kind: 'transient', status: 0, retryAfterMs: 0, cause });
}
