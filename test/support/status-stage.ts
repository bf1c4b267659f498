/** A StatusWriter with everything around it made up: what it is told, and an API server whose faults a test can choose. */
import type { Discovery, KubeClient, NewObject } from '../../operator/kube/kube-client.ts';
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import type { ProgrammedCount } from '../../operator/push/programmed-counts.ts';
import { presentStatusOf } from '../../operator/status/condition.ts';
import type { EndpointReport } from '../../operator/status/endpoint-report.ts';
import { EndpointStatus } from '../../operator/status/endpoint-status.ts';
import { StatusWriter } from '../../operator/status/status-writer.ts';
import { endpointReport } from './endpoint-report.ts';
import { endpointObject } from './kube-objects.ts';
import { linkError } from './link-error.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

type Listener<Told> = (told: Told) => void;
type Server = Pick<KubeClient, 'apply' | 'create'> & Discovery;

const none: ProgrammedCount = { entitled: 0, programmed: 0 };

export class StatusStage {
  readonly clock = new ManualClock();
  readonly lines: LogLine[] = [];
  readonly metrics: string[] = [];
  readonly applied: NewObject[] = [];
  readonly events: NewObject[] = [];
  readonly objectsByKey = new Map<string, KubeObject>();
  readonly reportsByKey = new Map<string, EndpointReport>();
  readonly countsByKey = new Map<string, ProgrammedCount>();
  readonly peerCountsByKey = new Map<string, ProgrammedCount>();
  readonly apps = new Set<string>();
  readonly resourceNames = new Set(['httpendpoints', 'httpendpoints/status']);
  arePeersKnown = true;
  /** Whether the watch shows what was written. */
  doesWatch = true;
  /** What the API server does before it takes a status; it may throw, or wait for the signal. */
  onApply: (object: NewObject, signal: AbortSignal) => Promise<void> | void = () => undefined;
  onCreate: (object: NewObject) => void = () => undefined;
  readonly writer: StatusWriter;
  readonly #stopped = new AbortController();
  readonly #seen = new Set<Listener<string>>();
  readonly #reported = new Set<Listener<ReadonlySet<string>>>();
  readonly #counted = new Set<Listener<ReadonlySet<string>>>();
  readonly #appsChanged = new Set<Listener<string>>();
  #resourceVersion = 100;
  #run: Promise<void> | null = null;

  constructor() {
    const listen =
      <Told>(listeners: Set<Listener<Told>>) =>
      (listener: Listener<Told>) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      };
    const endpoints = new EndpointStatus({
      endpoints: {
        endpoint: (key) => {
          const object = this.objectsByKey.get(key);
          if (object === undefined) return null;
          return { object, uid: object.metadata.uid, generation: object.metadata.generation ?? 0 };
        },
        endpointKeys: () => this.objectsByKey.keys(),
        onEndpointSeen: listen(this.#seen),
      },
      reports: { reportFor: (key) => this.reportsByKey.get(key) ?? null, onReports: listen(this.#reported) },
      counts: { countFor: (key) => this.countsByKey.get(key) ?? none, onChanged: listen(this.#counted) },
      peerCounts: {
        countFor: (key) => this.peerCountsByKey.get(key) ?? none,
        onChanged: () => () => undefined,
        isComplete: () => this.arePeersKnown,
      },
      appNames: { has: (app) => this.apps.has(app), onChanged: listen(this.#appsChanged) },
    });
    this.writer = new StatusWriter({
      kube: this.#server(),
      kinds: [endpoints],
      instance: 'operator-1',
      clock: this.clock,
      logger: memoryLogger(this.lines),
      metrics: {
        statusWritten: (outcome) => this.metrics.push(outcome),
        eventWritten: () => undefined,
        waiting: () => undefined,
        statusSupported: (_kind, isSupported) => this.metrics.push(`supported ${isSupported}`),
      },
      random: () => 1,
    });
  }

  /** Runs it as the leader. */
  async lead(): Promise<void> {
    this.#run ??= this.writer.run(this.#stopped.signal);
    this.writer.setLeading(true);
    await this.settle();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#run;
  }

  /** Makes an endpoint that is all right, or another generation of it. */
  put(name: string, different: Partial<EndpointReport> = {}): void {
    const key = `default/${name}`;
    const report = endpointReport(name, different);
    const former = this.objectsByKey.get(key);
    const object = endpointObject(name, {
      uid: report.uid,
      generation: report.generation,
      resourceVersion: this.#next(),
    });
    const status = former?.metadata.uid === report.uid ? former['status'] : undefined;
    this.objectsByKey.set(key, { ...object, status });
    this.reportsByKey.set(key, report);
    this.#tell(this.#seen, key);
    this.#tell(this.#reported, new Set([key]));
  }

  remove(name: string): void {
    this.objectsByKey.delete(`default/${name}`);
    this.reportsByKey.delete(`default/${name}`);
    this.#tell(this.#seen, `default/${name}`);
  }

  count(name: string, programmed: number, entitled: number): void {
    this.countsByKey.set(`default/${name}`, { programmed, entitled });
    this.#tell(this.#counted, new Set([`default/${name}`]));
  }

  setApp(app: string, isThere: boolean): void {
    if (isThere) this.apps.add(app);
    else this.apps.delete(app);
    this.#tell(this.#appsChanged, app);
  }

  /** Somebody else writes the status. */
  overwrite(name: string, status: unknown): void {
    const key = `default/${name}`;
    const object = this.objectsByKey.get(key);
    if (object === undefined) throw new Error(`there is no ${key}`);
    const metadata = { ...object.metadata, resourceVersion: this.#next() };
    this.objectsByKey.set(key, { ...object, metadata, status });
    this.#tell(this.#seen, key);
  }

  /** Lets time pass, in steps that a timer after a timer needs. */
  async advance(byMs: number): Promise<void> {
    const step = Math.min(byMs, 50);
    for (let passed = 0; passed < byMs; passed += step) {
      this.clock.advance(step);
      await this.settle();
    }
  }

  /** Until everything that needs no time has happened. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  }

  /** `Accepted=True Programmed=False`, and the counts. */
  shown(name: string): string {
    const object = this.objectsByKey.get(`default/${name}`);
    if (object === undefined) return 'gone';
    const { conditions, proxies } = presentStatusOf(object);
    return [...conditions.map(({ type, status }) => `${type}=${status}`), proxies].join(' ');
  }

  #server(): Server {
    return {
      apply: async (_type, object, { signal }) => {
        this.applied.push(object);
        await this.onApply(object, signal);
        const key = `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
        const present = this.objectsByKey.get(key);
        if (present === undefined) throw linkError(404);
        const { resourceVersion } = present.metadata;
        if (this.doesWatch && resourceVersion !== object.metadata.resourceVersion) throw linkError(409);
        const metadata = { ...present.metadata, resourceVersion: this.#next() };
        const answer = { ...present, metadata, status: object['status'] };
        if (this.doesWatch) {
          this.objectsByKey.set(key, answer);
          this.#tell(this.#seen, key);
        }
        return answer;
      },
      create: async (_type, object) => {
        this.onCreate(object);
        this.events.push(object);
        return { metadata: { name: object.metadata.name ?? '', uid: 'e', resourceVersion: '1' } };
      },
      resourceNames: async () => this.resourceNames,
    };
  }

  #next(): string {
    this.#resourceVersion += 1;
    return String(this.#resourceVersion);
  }

  #tell<Told>(listeners: ReadonlySet<Listener<Told>>, told: Told): void {
    for (const listener of listeners) listener(told);
  }
}
