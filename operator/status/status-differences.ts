/** Where the status of an object is not what it should be, as far as is known. Bounded by how many objects there are. */
import type { Clock } from '#shared/clock/clock.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { presentStatusOf, type PresentStatus } from './condition.ts';
import { KnownStatuses } from './known-statuses.ts';
import { newsIn, planStatus, type StatusPlan, type WantedStatus } from './plan-status.ts';
import type { StatusKind } from './status-kind.ts';

export interface StatusDifferencesOptions {
  readonly of: StatusKind;
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
  /** By key: what should be and what is, as text, where a write did not bring them together. */
  readonly #stubbornByKey = new Map<string, string>();

  constructor(options: StatusDifferencesOptions) {
    this.#options = options;
  }

  /** Of what the watch shows and what writes gave back. Null: there is none. */
  newest(key: string): KubeObject | null {
    const watched = this.#options.of.object(key);
    return watched === null ? null : this.#known.newest(key, watched.object);
  }

  /** Null: there is none, or it cannot be told yet. `hasStatus`: the API server keeps status. */
  find(key: string, { hasStatus }: { readonly hasStatus: boolean }): StatusDifference | null {
    const { of: kind, clock } = this.#options;
    const watched = kind.object(key);
    if (watched === null) {
      this.#known.forget(key);
      this.#stubbornByKey.delete(key);
      return null;
    }
    const object = this.#known.newest(key, watched.object);
    if (object.metadata.deletionTimestamp !== undefined) return null;
    const present = hasStatus ? presentStatusOf(object) : (this.#known.said(key, object) ?? nothing);
    // Another replica has seen more than this one.
    if (present.observedGeneration > watched.generation) return null;
    const wanted = kind.wantedFor(key, watched);
    if (wanted === null) return null;
    const plan = planStatus(wanted, present, clock.epochMs());
    if (plan.urgency === 'none' || this.#stubbornByKey.get(key) === signature(wanted, present)) return null;
    const changes = hasStatus ? plan.changes : newsIn(wanted.states, present);
    return { object, wanted, plan: { ...plan, changes }, isFirst: present.conditions.length === 0 };
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
