/** Reads folders of manifests, and again whenever something in them, or anything that they lead to, changes. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { ChangeSignal } from './change-signal.ts';
import { DirectoryWatcher } from './directory-watcher.ts';
import { FolderReader, type FolderReaderOptions, type FolderReading } from './folder-reader.ts';
import { watchPlacesFor } from './watch-places.ts';

export interface FolderSourceOptions extends FolderReaderOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gets the first reading, then each that differs. What it throws on the first one ends `run`. */
  readonly onReading: (reading: FolderReading) => void;
}

const quietMs = 50;
const maxWaitMs = 500;
/** How often to look without having heard anything: watches can be missed, and some folders cannot be watched. */
const rescanMs = 5000;
/** Looking must not cost more than this share of the time. */
const rescanShare = 0.005;

export class FolderSource {
  readonly #options: FolderSourceOptions;

  constructor(options: FolderSourceOptions) {
    this.#options = options;
  }

  /** Resolves when the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, onReading } = this.#options;
    const reader = new FolderReader(this.#options);
    const changes = new ChangeSignal({ clock, quietMs, maxWaitMs });
    const watcher = new DirectoryWatcher({ logger, onChange: (changedPath) => changes.touch(changedPath) });
    try {
      // Before the first look, so that nothing goes unheard after it.
      const { resourcesPaths, configFiles } = this.#options;
      await watcher.follow(await watchPlacesFor([...resourcesPaths, ...configFiles]));
      let reading = await reader.read(new Set());
      onReading(reading);
      // Only a reading tells where links and secrets files lead. What changed there before a watch began went unheard:
      // look once more after each new one.
      let isUnheard = await watcher.follow(await watchPlacesFor(reading.paths));
      let lookMs = 0;
      while (!signal.aborted) {
        const timeoutMs = isUnheard ? 0 : Math.max(rescanMs, lookMs / rescanShare);
        const touched = await changes.next({ timeoutMs, signal });
        if (signal.aborted) break;
        const startMs = clock.monotonicMs();
        try {
          const former = reading;
          reading = await reader.read(touched);
          if (reading !== former) onReading(reading);
          const isNew = await watcher.follow(await watchPlacesFor(reading.paths));
          isUnheard = isNew && !isUnheard;
        } catch (err) {
          // A mistake of ours; what was applied before still serves.
          logger.error('the resources could not be read again', { err });
          isUnheard = false;
        }
        lookMs = clock.monotonicMs() - startMs;
      }
    } finally {
      watcher.close();
    }
  }
}
