/** Where the status of an endpoint is not what it should be, as far as is known. Bounded by how many endpoints there are. */
import type { Clock } from '#shared/clock/clock.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import type { ProgrammedCounts } from '../push/programmed-counts.ts';
import type { AppNames } from './app-names.ts';
import { presentStatusOf, type PresentStatus } from './condition.ts';
import { conditionsFor, proxiesFor } from './conditions-for.ts';
import type { EndpointObjects, EndpointReports } from './endpoint-objects.ts';
import { KnownStatuses } from './known-statuses.ts';
import { sumOfCounts, type PeerCounts } from './peer-counts.ts';
import { planStatus, type StatusPlan, type WantedStatus } from './plan-status.ts';

export interface StatusDifferencesOptions {
  readonly endpoints: EndpointObjects;
  readonly reports: EndpointReports;
  readonly counts: ProgrammedCounts;
  readonly peerCounts: PeerCounts;
  readonly appNames: AppNames;
  readonly clock: Clock;
}

export interface StatusDifference {
  /** The newest that is known. */
  readonly object: KubeObject;
  readonly wanted: WantedStatus;
  readonly plan: StatusPlan;
  /** Nothing was known of its status before. */
  readonly isFirst: boolean;
}

const nothing: PresentStatus = { observedGeneration: -1, proxies: '', conditions: [] };

export class StatusDifferences {
  readonly #options: StatusDifferencesOptions;
  readonly #known = new KnownStatuses();
  /** By endpoint: what should be and what is, as text, where a write did not bring them together. */
  readonly #stubbornByKey = new Map<string, string>();

  constructor(options: StatusDifferencesOptions) {
    this.#options = options;
  }

  /** Of what the watch shows and what writes gave back. Null: there is none. */
  newest(key: string): KubeObject | null {
    const stored = this.#options.endpoints.endpoint(key);
    return stored === null ? null : this.#known.newest(key, stored.object);
  }

  /** Null: there is none, or it cannot be told yet. `hasStatus`: the API server keeps status. */
  find(key: string, { hasStatus }: { readonly hasStatus: boolean }): StatusDifference | null {
    const { endpoints, reports, clock } = this.#options;
    const stored = endpoints.endpoint(key);
    if (stored === null) {
      this.#known.forget(key);
      this.#stubbornByKey.delete(key);
      return null;
    }
    const { uid, generation } = stored;
    const object = this.#known.newest(key, stored.object);
    const report = reports.reportFor(key);
    // Of an object that changed since, a report will come.
    if (report === null || report.uid !== uid || report.generation !== generation) return null;
    if (object.metadata.deletionTimestamp !== undefined) return null;
    const present = hasStatus ? presentStatusOf(object) : (this.#known.said(key, object) ?? nothing);
    // Another replica has seen more than this one.
    if (present.observedGeneration > generation) return null;
    const count = sumOfCounts(this.#options.counts.countFor(key), this.#options.peerCounts.countFor(key));
    const states = conditionsFor({ report, count, isAppId: this.#options.appNames.has(key) });
    const wanted = { generation, proxies: proxiesFor(count), states };
    const plan = planStatus(wanted, present, clock.epochMs());
    if (plan.urgency === 'none' || this.#stubbornByKey.get(key) === signature(wanted, present)) return null;
    return { object, wanted, plan, isFirst: present.conditions.length === 0 };
  }

  /** A write gave back this object. False: it is not what was written, because others hold on to a part of the status. */
  noteWritten(key: string, { wanted }: StatusDifference, object: KubeObject): boolean {
    this.#known.noteWritten(key, object);
    const present = presentStatusOf(object);
    if (planStatus(wanted, present, 0).urgency === 'none') {
      this.#stubbornByKey.delete(key);
      return true;
    }
    this.#stubbornByKey.set(key, signature(wanted, present));
    return false;
  }

  /** Without a status: this was said in Events. */
  noteSaid(key: string, { object, plan }: StatusDifference): void {
    this.#known.noteSaid(key, object, plan.status);
  }
}

function signature(wanted: WantedStatus, present: PresentStatus): string {
  return JSON.stringify([wanted, present]);
}
