/** Which files of a resources path are manifests. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Problem } from '#shared/errors/problem.ts';

export interface ManifestListing {
  readonly files: readonly string[];
  /** Those of them that are symbolic links: they change when what they lead to does. */
  readonly links: readonly string[];
  readonly problem: Problem | null;
}

const extension = /\.(?:yaml|yml|json)$/i;

/** Lists a folder in order of name, not what lies deeper; a path that is a file is the one manifest itself. */
export async function listManifests(resourcesPath: string): Promise<ManifestListing> {
  try {
    const stats = await stat(resourcesPath);
    if (!stats.isDirectory()) return { files: [resourcesPath], links: [], problem: null };
    const entries = await readdir(resourcesPath, { withFileTypes: true });
    const manifests = entries
      .filter((entry) => extension.test(entry.name) && !entry.isDirectory())
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return {
      files: manifests.map(({ name }) => path.join(resourcesPath, name)),
      links: manifests.filter((entry) => entry.isSymbolicLink()).map(({ name }) => path.join(resourcesPath, name)),
      problem: null,
    };
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : String(err);
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    const problem: Problem = {
      subject: { kind: '', namespace: '', name: '', location: resourcesPath },
      reason: isMissing ? 'ResourcesPathNotFound' : 'ResourcesPathUnreadable',
      message: isMissing ? 'there is no such folder' : `the folder cannot be read: ${code}`,
      severity: 'error',
    };
    return { files: [], links: [], problem };
  }
}
