/** Hears of changes in directories by fs.watch. It may miss some: whoever uses it looks again from time to time. */
import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '#shared/logger/logger.ts';
import type { WatchPlaces } from './watch-places.ts';

export interface DirectoryWatcherOptions {
  readonly logger: Logger;
  /** Gets the absolute path of what changed, or of the directory when that is not known. */
  readonly onChange: (changedPath: string) => void;
}

interface Watched {
  readonly watcher: FSWatcher;
  readonly identity: string;
  names: ReadonlySet<string> | null;
}

export class DirectoryWatcher {
  readonly #options: DirectoryWatcherOptions;
  readonly #watchedByDirectory = new Map<string, Watched>();
  /** So that a full table of watches is said once and not every few seconds. */
  #hasFailed = false;

  constructor(options: DirectoryWatcherOptions) {
    this.#options = options;
  }

  /** Watches these places and no others. Resolves to whether any is new: what happened there before went unheard. */
  async follow(places: WatchPlaces): Promise<boolean> {
    for (const directory of this.#watchedByDirectory.keys()) if (!places.has(directory)) this.#drop(directory);
    let isAnyNew = false;
    for (const [directory, names] of places) {
      const identity = await identityOf(directory);
      const watched = this.#watchedByDirectory.get(directory);
      if (watched?.identity === identity) {
        watched.names = names;
        continue;
      }
      this.#drop(directory);
      if (identity !== '' && this.#watch(directory, identity, names)) isAnyNew = true;
    }
    return isAnyNew;
  }

  close(): void {
    for (const directory of this.#watchedByDirectory.keys()) this.#drop(directory);
  }

  #watch(directory: string, identity: string, names: ReadonlySet<string> | null): boolean {
    try {
      const watcher = watch(directory, { persistent: false });
      const watched: Watched = { watcher, identity, names };
      watcher.on('change', (_event, name) => this.#heard(directory, watched, name?.toString() ?? null));
      watcher.on('error', (err) => this.#failed(directory, err));
      this.#watchedByDirectory.set(directory, watched);
      return true;
    } catch (err) {
      this.#failed(directory, err);
      return false;
    }
  }

  #heard(directory: string, { names }: Watched, name: string | null): void {
    if (name !== null && names !== null && !names.has(name)) return;
    this.#options.onChange(name === null ? directory : path.join(directory, name));
  }

  #failed(directory: string, err: unknown): void {
    this.#drop(directory);
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.logger.warn('a folder cannot be watched; changes are found by looking every few seconds', {
      folder: directory,
      err,
    });
  }

  #drop(directory: string): void {
    this.#watchedByDirectory.get(directory)?.watcher.close();
    this.#watchedByDirectory.delete(directory);
  }
}

/** Another directory may have taken the place, the name, and even the inode of one that was watched. */
async function identityOf(directory: string): Promise<string> {
  try {
    const { dev, ino, birthtimeNs } = await stat(directory, { bigint: true });
    return `${dev} ${ino} ${birthtimeNs}`;
  } catch {
    return '';
  }
}
