/** A ClusterSource over list-watches that a test speaks for, with everything that it marks and logs. */
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import { ClusterSource } from '../../operator/source/cluster-source.ts';
import { FakeListWatches } from './fake-list-watches.ts';
import { linkError } from './link-error.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

export class SourceStage {
  readonly watches = new FakeListWatches();
  readonly clock = new ManualClock();
  /** What a GET answers. */
  readonly secretsByName = new Map<string, KubeObject>();
  /** `endpoint default/a`, in order. */
  readonly marks: string[] = [];
  readonly lines: LogLine[] = [];
  readonly source: ClusterSource;

  constructor() {
    this.source = this.start([]);
  }

  /** Starts another one; empty: for all namespaces. */
  start(namespaces: readonly string[]): ClusterSource {
    const source = new ClusterSource({
      kube: {
        get: (_type, { name }) => {
          const found = this.secretsByName.get(name);
          return found === undefined ? Promise.reject(linkError(404)) : Promise.resolve(found);
        },
      },
      createListWatch: this.watches.create,
      namespaces,
      fingerprintKey: 'key',
      clock: this.clock,
      logger: memoryLogger(this.lines),
    });
    source.addMarks({
      markEndpoint: (key) => this.marks.push(`endpoint ${key}`),
      markSecret: (key) => this.marks.push(`secret ${key}`),
      markConfiguration: (key) => this.marks.push(`configuration ${key}`),
      markResiliency: (key) => this.marks.push(`resiliency ${key}`),
      markMiddleware: (key) => this.marks.push(`middleware ${key}`),
      markNamespaceStores: (namespace) => this.marks.push(`stores ${namespace}`),
    });
    void source.run(new AbortController().signal);
    return source;
  }
}
