/** HTTPEndpoints: their conditions follow from what compiling them found and from who uses them. */
import { httpEndpoints } from '../kube/resource-types.ts';
import type { ProgrammedCounts } from '../push/programmed-counts.ts';
import type { AppNames } from './app-names.ts';
import { conditionsFor, proxiesFor } from './conditions-for.ts';
import type { EndpointObjects, EndpointReports } from './endpoint-objects.ts';
import { sumOfCounts, type PeerCounts } from './peer-counts.ts';
import type { WantedStatus } from './plan-status.ts';
import type { StatusKind, WatchedObject } from './status-kind.ts';

export interface EndpointStatusOptions {
  readonly endpoints: EndpointObjects;
  readonly reports: EndpointReports;
  readonly counts: ProgrammedCounts;
  readonly peerCounts: PeerCounts;
  readonly appNames: AppNames;
}

export class EndpointStatus implements StatusKind {
  readonly type = httpEndpoints;
  readonly kind = 'HTTPEndpoint';
  readonly keepsStatus = true;
  readonly #options: EndpointStatusOptions;

  constructor(options: EndpointStatusOptions) {
    this.#options = options;
  }

  keys(): Iterable<string> {
    return this.#options.endpoints.endpointKeys();
  }

  object(key: string): WatchedObject | null {
    return this.#options.endpoints.endpoint(key);
  }

  wantedFor(key: string, { uid, generation }: WatchedObject): WantedStatus | null {
    const { reports, counts, peerCounts, appNames } = this.#options;
    const report = reports.reportFor(key);
    // Of an object that changed since, a report will come.
    if (report === null || report.uid !== uid || report.generation !== generation) return null;
    const count = sumOfCounts(counts.countFor(key), peerCounts.countFor(key));
    const states = conditionsFor({ report, count, isAppId: appNames.has(key) });
    return { generation, proxies: proxiesFor(count), states };
  }

  /** Whether every replica that seems to live has said what it counts. */
  isComplete(): boolean {
    return this.#options.peerCounts.isComplete();
  }

  onChanged(listener: (key: string) => void): () => void {
    const { endpoints, reports, counts, peerCounts, appNames } = this.#options;
    const tellAll = (keys: ReadonlySet<string>): void => {
      for (const key of keys) listener(key);
    };
    const stops = [
      reports.onReports(tellAll),
      counts.onChanged(tellAll),
      peerCounts.onChanged(tellAll),
      appNames.onChanged(listener),
      endpoints.onEndpointSeen(listener),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
