/** List-watches that show what a test tells them, instead of an API server. */
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import type { ListWatchOptions } from '../../operator/kube/list-watch.ts';
import type { CreateListWatch } from '../../operator/source/kind-watch.ts';
import { linkError } from './link-error.ts';

export interface FakeListWatch {
  readonly options: ListWatchOptions;
  /** Whether it runs. */
  readonly isRunning: () => boolean;
  /** Ends the run with a fatal error of this status. */
  fail(status: number): void;
}

export class FakeListWatches {
  readonly started: FakeListWatch[] = [];
  /** They do not end when they should. */
  isDeaf = false;

  /** Pass it as `createListWatch`. */
  readonly create: CreateListWatch = (options) => ({
    lastContactMs: null,
    run: (signal) =>
      new Promise((resolve, reject) => {
        let isRunning = true;
        this.started.push({
          options,
          isRunning: () => isRunning,
          fail: (status) => {
            isRunning = false;
            reject(linkError(status));
          },
        });
        signal.addEventListener('abort', () => {
          if (this.isDeaf) return;
          isRunning = false;
          resolve();
        });
      }),
  });

  /** The newest one of a kind, by its plural. */
  of(plural: string, namespace = ''): FakeListWatch {
    const found = this.started.findLast(
      ({ options }) => options.type.plural === plural && options.namespace === namespace,
    );
    if (found === undefined) throw new Error(`nobody watches ${plural} of ${namespace}`);
    return found;
  }

  show(plural: string, ...objects: readonly KubeObject[]): void {
    for (const object of objects) this.of(plural).options.onChange({ kind: 'upsert', object });
  }

  remove(plural: string, object: KubeObject): void {
    this.of(plural).options.onChange({ kind: 'delete', object });
  }

  /** Completes the first lists of all kinds. */
  syncAll(): void {
    for (const { options, isRunning } of this.started) if (isRunning()) options.onSynced();
  }
}
