/** In which directories something must happen for a path to lead to something else. */
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';

/** Names of interest in each directory; `null`: every name. */
export type WatchPlaces = ReadonlyMap<string, ReadonlySet<string> | null>;

/** The kernel's own limit. */
const maxLinks = 40;

type Step = { readonly kind: 'link'; readonly target: string } | { readonly kind: 'directory' | 'other' | 'missing' };

/**
 * Walks each path from the root as the kernel does. Of interest are each symbolic link on the way, as Kubernetes swaps
 * one to change a volume; the last step, as editors replace a file by renaming another; everything in a directory that
 * is the path itself; and the first step that is missing.
 */
export async function watchPlacesFor(paths: readonly string[]): Promise<WatchPlaces> {
  const places = new Map<string, Set<string> | null>();
  // Most paths share their beginning.
  const known = new Map<string, Promise<Step>>();
  const add = (directory: string, name: string): void => {
    const names = places.get(directory);
    if (names === undefined) places.set(directory, new Set([name]));
    else names?.add(name);
  };
  for (const start of paths) {
    let directory = path.parse(path.resolve(start)).root;
    const steps = segmentsOf(path.resolve(start));
    let links = 0;
    for (let name = steps.shift(); name !== undefined; name = steps.shift()) {
      const next = path.join(directory, name);
      const step = await remembered(known, next);
      if (step.kind === 'link' && (links += 1) <= maxLinks) {
        add(directory, name);
        if (path.isAbsolute(step.target)) directory = path.parse(step.target).root;
        steps.unshift(...segmentsOf(step.target));
        continue;
      }
      if (steps.length === 0 || step.kind !== 'directory') add(directory, name);
      if (step.kind !== 'directory') break;
      directory = next;
      if (steps.length === 0) places.set(next, null);
    }
  }
  return places;
}

function segmentsOf(text: string): string[] {
  return text.split(path.sep).filter((segment) => segment !== '' && segment !== '.');
}

function remembered(known: Map<string, Promise<Step>>, at: string): Promise<Step> {
  const step = known.get(at) ?? stepAt(at);
  known.set(at, step);
  return step;
}

async function stepAt(at: string): Promise<Step> {
  try {
    const stats = await lstat(at);
    if (stats.isSymbolicLink()) return { kind: 'link', target: await readlink(at) };
    return { kind: stats.isDirectory() ? 'directory' : 'other' };
  } catch {
    return { kind: 'missing' };
  }
}
