/** Reads a text file as it may be met in the wild: huge, binary, vanishing, half there. */
import { constants, open, realpath, stat } from 'node:fs/promises';

export type FileReading =
  | { readonly state: 'text'; readonly text: string; readonly stamp: string; readonly realPath: string }
  | { readonly state: 'missing' }
  /** `mistake` ends a sentence whose subject is the file. */
  | { readonly state: 'unreadable'; readonly reason: string; readonly mistake: string; readonly stamp: string };

const maxFileBytes = 64 * 1024 * 1024;

/** Device, inode, size and time of the last change; `''` when there is no such file. Links are followed. */
export async function stampOf(path: string): Promise<string> {
  try {
    return stampFrom(await stat(path, { bigint: true }));
  } catch (err) {
    return isMissing(err) ? '' : `error ${codeOf(err)}`;
  }
}

/** Reads a file of UTF-8 text. Never throws for what a file may be like. */
export async function readTextFile(path: string): Promise<FileReading> {
  try {
    return await readOpenable(path);
  } catch (err) {
    if (isMissing(err)) return { state: 'missing' };
    const mistake = `cannot be read: ${codeOf(err)}`;
    return { state: 'unreadable', reason: 'FileUnreadable', mistake, stamp: `error ${codeOf(err)}` };
  }
}

async function readOpenable(path: string): Promise<FileReading> {
  // Without waiting for a writer, should it be a pipe; that is refused below.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = await file.stat({ bigint: true });
  const stamp = stampFrom(stats);
  if (!stats.isFile()) return { state: 'unreadable', reason: 'NotAFile', mistake: 'is not a regular file', stamp };
  if (stats.size > maxFileBytes) {
    const mistake = `is larger than ${maxFileBytes / 1024 / 1024} MiB`;
    return { state: 'unreadable', reason: 'FileTooLarge', mistake, stamp };
  }
  const bytes = await file.readFile();
  const text = textFrom(bytes);
  if (text === null) {
    const mistake = 'is not text in UTF-8; it looks binary';
    return { state: 'unreadable', reason: 'NotText', mistake, stamp };
  }
  return { state: 'text', text, stamp, realPath: await realpath(path) };
}

function textFrom(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null;
  try {
    // A byte order mark is left out by the decoder.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function stampFrom(stats: {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}): string {
  return `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

function isMissing(err: unknown): boolean {
  return codeOf(err) === 'ENOENT' || codeOf(err) === 'ENOTDIR';
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : String(err);
}
